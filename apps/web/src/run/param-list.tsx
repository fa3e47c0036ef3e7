/** A skill's params as they were given, folded away. */
export function ParamList({ params }: { params: unknown }) {
  const entries = Object.entries(params ?? {});
  if (entries.length === 0) return null;
  return (
    <details>
      <summary className="text-xs text-soft">Params</summary>
      <pre className="mt-1 text-xs whitespace-pre-wrap">
        {entries
          .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
          .join("\n")}
      </pre>
    </details>
  );
}
