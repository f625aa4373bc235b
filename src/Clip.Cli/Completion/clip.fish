# Completion of clip for fish: put this line into ~/.config/fish/config.fish.
#   clip completion fish | source
function __clip_complete
    set -l line (commandline -cp)
    set -l found (clip "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
    # Options only behind a hyphen, so that files are offered where a file may stand; none as Windows writes them (/?).
    string match -q -- '-*' (commandline -ct); or set found (string match -v -- '-*' $found)
    string match -v -- '/*' $found
end
complete -c clip -a '(__clip_complete)'
