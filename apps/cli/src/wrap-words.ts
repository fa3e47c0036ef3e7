/** Breaks text between words so that no line is wider than `width`, where words allow it. */
export function wrapWords(text: string, width: number, widthOf = (part: string) => part.length): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
