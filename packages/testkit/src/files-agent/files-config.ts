import { z } from "zod";

/** Where the files are. A target like any other: reached by its config, from any process. */
export const filesConfig = z.strictObject({
  directory: z.string().min(1).meta({ description: "The directory whose files may be broken" }),
  trouble: z
    .string()
    .optional()
    .meta({ description: "A JSON file that says what is to go wrong, read before every step" }),
});
export type FilesConfig = z.output<typeof filesConfig>;

/** A plain name inside the directory: never a way out of it. */
export const fileName = z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/, "a file's name, without a path");
