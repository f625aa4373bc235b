# Completion of clip for bash: put this line into ~/.bashrc.
#   source <(clip completion bash)
_clip() {
    local word="${COMP_WORDS[COMP_CWORD]}" found
    COMPREPLY=()
    while IFS= read -r found; do
        # Options only behind a hyphen, so that files are offered where a file may stand; none as Windows writes them (/?).
        [[ "$found" == "$word"* && "$found" != /* && ( "$word" == -* || "$found" != -* ) ]] && COMPREPLY+=("$found")
    done < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
}
complete -o default -F _clip clip
