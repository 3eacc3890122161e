# shellcheck shell=bash
# Folders that one script makes and another removes, often as root. A mark inside tells whose a
# folder is; one without it is somebody else's and is neither used nor removed.

FOLDER_MARK=.ferrolab # holds FERROLAB_RUN_DIR: the cluster that the folder belongs to

# check_folder_name VARIABLE PATH: it ends up in configuration files and patterns.
check_folder_name() {
    if [[ ! $2 =~ ^(/[A-Za-z0-9_.-]+)+$ || $2/ =~ /\.\.?/ ]]; then
        die "$1=$2: it must be an absolute path of letters, digits and . _ -"
    fi
}

# trust_folders DIR...: each one is absent, or is a folder that nobody but us and root can write to,
# so what it says about processes can be believed.
trust_folders() {
    local folder
    for folder in "$@"; do
        [ -e "$folder" ] || [ -L "$folder" ] || continue
        [ -z "$(find "$folder" -maxdepth 0 -type d \( -user "$(id -u)" -o -user 0 \) ! -perm /022)" ] || continue
        die "$folder is not a folder that only we can write to: remove it, or set FERROLAB_RUN_DIR to another place"
    done
}

folder_is_ours() { [ "$(cat "$1/$FOLDER_MARK" 2>/dev/null)" = "$FERROLAB_RUN_DIR" ]; }

# claim_folder DIR: it may be used and removed: it is marked, empty or absent.
claim_folder() {
    trust_folders "$1"
    [ ! -e "$1" ] || folder_is_ours "$1" || [ -z "$(ls -A "$1")" ] ||
        die "$1 holds something else (no $FOLDER_MARK of $FERROLAB_RUN_DIR in it): set FERROLAB_RUN_DIR to another place, or remove it yourself"
}

# make_folder DIR MODE: with the mark first, so that a crash leaves nothing that cannot be removed.
make_folder() {
    claim_folder "$1"
    mkdir -p "$(dirname "$1")"
    [ -d "$1" ] || mkdir "$1"
    echo "$FERROLAB_RUN_DIR" >"$1/$FOLDER_MARK"
    chmod "$2" "$1"
}

# remove_folders DIR...: those that are there.
remove_folders() {
    local folder
    for folder in "$@"; do
        claim_folder "$folder"
        rm -rf --one-file-system "$folder"
    done
}
