/** What each shell is to source. All ask the command line itself, word by word; nothing typed is ever evaluated. */
export const scripts = {
  bash: `# bash completion for chaos
_chaos() {
  local line files=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ $files ]] || compopt +o default 2>/dev/null
}
complete -o default -F _chaos chaos
`,
  zsh: `#compdef chaos
_chaos() {
  local line files
  local -a values
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1
    else values+=("\${\${line//:/\\\\:}/$'\\t'/:}"); fi
  done < <(\${~words[1]} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#values )) && _describe chaos values
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _chaos ]]; then _chaos "$@"; else compdef _chaos chaos; fi
`,
  fish: `# fish completion for chaos
function __chaos_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  for line in ($before[1] __complete -- $before[2..] "$current" 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c chaos -f -a '(__chaos_complete)'
`,
} as const;

export type Shell = keyof typeof scripts;
export const shells = Object.keys(scripts) as Shell[];
