export { debianPackages } from "./commands.ts";
export { type DoctorFinding, vmDoctor } from "./doctor.ts";
export type { MachineDriver, MachinePlan, RunningMachine, RunningTemplate } from "./driver.ts";
export { imageFolder, machineFolder } from "./folders.ts";
export { type BuildContext, buildImage } from "./image/build-image.ts";
export { damagedFiles, type Image, listImages, removeImage } from "./image/images.ts";
export { type ImageRecipe, imageRecipeSchema, recipeHash, standardRecipe } from "./image/recipe.ts";
export { MicrovmProvider, type MicrovmProviderOptions } from "./microvm-provider.ts";
export { type MicrovmSpec, microvmSpecSchema } from "./microvm-spec.ts";
