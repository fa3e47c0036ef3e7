import { Activity, Crosshair, FileCode2, History, type LucideIcon, Settings, Zap } from "lucide-react";

export interface Place {
  to: string;
  name: string;
  icon: LucideIcon;
  /** Pressed after `g`. */
  key: string;
}

export const places: readonly Place[] = [
  { to: "/", name: "Home", icon: Activity, key: "h" },
  { to: "/runs", name: "History", icon: History, key: "r" },
  { to: "/experiments", name: "Experiments", icon: FileCode2, key: "e" },
  { to: "/skills", name: "Skills", icon: Zap, key: "s" },
  { to: "/targets", name: "Targets", icon: Crosshair, key: "t" },
  { to: "/settings", name: "Settings", icon: Settings, key: "," },
];
