/** Shell that writes a program which says on its output, twenty times a second, whether it may open a file: fine, or none. */
export const opens = (path: string) => `
  cat >${path} <<'END'
  while (1) {
    my $say = open(my $file, "<", "/dev/null") ? "fine" : "none";
    close($file) if $file;
    sysseek(STDOUT, 0, 0); syswrite(STDOUT, "$say\\n");
    select(undef, undef, undef, 0.05);
  }
END`;
