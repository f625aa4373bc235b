#compdef clip
# Completion of clip for zsh: put this line into ~/.zshrc, behind compinit.
#   source <(clip completion zsh)
_clip() {
    local -a found
    found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
    # Options only behind a hyphen, so that files are offered where a file may stand; none as Windows writes them (/?).
    [[ "${words[CURRENT]}" == -* ]] || found=("${(@)found:#-*}")
    found=("${(@M)found:#${words[CURRENT]}*}")
    found=("${(@)found:#(|/*)}")
    if (( ${#found} )); then compadd -a found; else _files; fi
}
compdef _clip clip
