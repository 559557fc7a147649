# Deploys a package: a folder of its own per version, the scripts of the package and the step around it. Values come
# from variables only, so nothing a person wrote is ever part of this text.
__v() { get_octopusvariable "Octopus.Action.$1"; }
__is() { local v; v=$(__v "$1"); [[ ${v,,} == true ]]; }
# One part of a path, whatever it was called.
__part() { local p=${1//\//_}; [[ $p == . || $p == .. || -z $p ]] && p=_; printf '%s' "$p"; }

# The language of the package's script of a stage: the first of these it has one in.
__packaged() {
  for REPLY in sh py ps1; do [[ ! -f $1/$2.$REPLY ]] || return 0; done
  REPLY=
}

# Runs the script that comes through descriptor 900.
__run() {
  case $1 in
    py) __regatta_hook python ;;
    ps1) __regatta_hook powershell ;;
  esac
}

# The step's own scripts of a stage first, then that of the package, where the package lies.
__hook() {
  local name=$1 ending own
  for ending in sh py ps1; do
    own=$(__v "CustomScripts.$name.$ending")
    [[ -n $own ]] || continue
    echo "Running the $name script of the step"
    if [[ $ending == sh ]]; then
      (eval "$own") || return
    else
      __run "$ending" 900< <(printf '%s' "$own") || return
    fi
  done
  __packaged . "$name"
  for ending in py ps1 csx fsx; do
    [[ $ending == "$REPLY" || ! -f ./$name.$ending ]] ||
      write_warning "The package has $name.$ending, which is not run: of the scripts of a stage the first of .sh, .py and .ps1 is."
  done
  case $REPLY in
    '') ;;
    sh) echo "Running $name.sh of the package"; (source "./$name.sh") ;;
    *) echo "Running $name.$REPLY of the package"; __run "$REPLY" 900<"./$name.$REPLY" ;;
  esac
}

# Whether this machine has every language that is needed. Asked before anything is touched.
__able() {
  local name ending language program
  for name in PreDeploy Deploy PostDeploy DeployFailed; do
    __packaged "$1" "$name"
    for ending in py ps1; do
      [[ $REPLY == "$ending" || -n ${octopus_parameters[Octopus.Action.CustomScripts.$name.$ending]-} ]] || continue
      if [[ $ending == py ]]; then
        language=Python program=${__regatta_python-}
      else
        language='PowerShell 7 (pwsh)' program=${__regatta_powershell-}
      fi
      [[ -z $program ]] || continue
      echo "nothing was deployed: $name.$ending needs $language, which is not on the PATH of this machine's agent (or the agent is older than this server). Install it, then deploy again" >&2
      return 1
    done
  done
}

# The new content of a file, all at once: after a kill there is the old one or the new one. Never outside of the folder.
__replace() {
  local root place
  root=$(pwd -P) place=$(cd -P -- "${1%/*}" && pwd) || return
  [[ $place == "$root" || $place == "$root"/* ]] || { echo "$1 lies in a folder that leads out of the package" >&2; return 1; }
  # A copy first, for who may read and run it.
  cp -p -- "$1" "$1.regatta-new" && cat -- "$__substituted/$1" >"$1.regatta-new" && mv -f -- "$1.regatta-new" "$1"
}

# What this step has installed here for this project, environment and tenant: a note that is there only while the
# last run of it succeeded. Its first line says what, its second where.
__note_of() {
  local part
  REPLY=$1/.installed
  for part in Octopus.Project.Id Octopus.Environment.Id Octopus.Deployment.Tenant.Id Octopus.Machine.Id Octopus.Action.Id; do
    REPLY+=/$(__part "${octopus_parameters[$part]-}")
  done
}

# Whether the note says that the same package is there, and it still is.
__is_installed() {
  local note=$1 what=$2 custom=$3 had
  __is Package.SkipIfAlreadyInstalled || return
  [[ ${octopus_parameters[Octopus.Deployment.ForcePackageRedeployment]-} != True ]] || return
  [[ -f $note ]] && { IFS= read -r had && IFS= read -r to; } <"$note" || return
  [[ $had == "$what" && -d $to && ( -z $custom || -d $custom ) ]]
}

# Tells the steps behind this one where the package is.
__lies_in() {
  set_octopusvariable Package.InstallationDirectoryPath "$1"
  octopus_parameters[Octopus.Action.Package.InstallationDirectoryPath]=$1
}

__deploy() {
  local from root to base number=1 custom note what
  from=$(__v Package.ExtractedPath)
  root=$(get_octopusvariable Octopus.Tentacle.Agent.ApplicationDirectoryPath)
  [[ -n $from && -n $root ]] || { echo "the agent is older than this server and cannot deploy packages: upgrade it" >&2; return 1; }
  custom=$(__v Package.CustomInstallationDirectory)
  __note_of "$root"
  note=$REPLY
  printf -v what '%q ' "$(__v Package.PackageId)" "$(__v Package.PackageVersion)" "$(get_octopusvariable Regatta.Action.Package.Sha256)" "$custom"
  if __is_installed "$note" "$what" "$custom"; then
    echo "$(__v Package.PackageId) $(__v Package.PackageVersion) is installed already in ${custom:-$to}: nothing to do"
    __lies_in "${custom:-$to}"
    return
  fi
  # From now on nothing is sure, until all of it is done.
  rm -f -- "$note" || return
  base=$root
  [[ -z $(get_octopusvariable Octopus.Deployment.Tenant.Name) ]] || base+=/$(__part "$(get_octopusvariable Octopus.Deployment.Tenant.Name)")
  base+=/$(__part "$(get_octopusvariable Octopus.Environment.Name)")/$(__part "$(__v Package.PackageId)")
  mkdir -p -- "$base" || return
  # A folder is never used twice: whoever makes it has it.
  to=$base/$(__part "$(__v Package.PackageVersion)")
  until mkdir -- "$to" 2>/dev/null; do
    [[ -d $to ]] || { echo "cannot make the folder $to" >&2; return 1; }
    to=$base/$(__part "$(__v Package.PackageVersion)")_$((number++))
  done
  cp -a -- "$from/." "$to/" || return
  echo "Unpacked to $to"
  __lies_in "$to"
  __substituted=$PWD/.regatta-substituted
  cd -- "$to" || return
  __hook PreDeploy || return
  if [[ -d $__substituted ]]; then
    local file count=0
    # Their content only: what may be run stays so, and what PreDeploy took away stays away.
    while IFS= read -r -d '' file; do
      if [[ -L $file ]]; then write_warning "$file was made a link and is left alone."; continue; fi
      [[ -f $file ]] || continue
      __replace "$file" || return
      ((++count))
    done < <(cd -- "$__substituted" && find . -type f -print0)
    echo "Replaced variables in $count files"
  fi
  if [[ -n $custom ]]; then
    [[ $custom == /* && $custom != / ]] || { echo "the custom installation directory must be a whole path below /: $custom" >&2; return 1; }
    mkdir -p -- "$custom" || return
    if __is Package.CustomInstallationDirectoryShouldBePurgedBeforeDeployment; then
      find "$custom" -mindepth 1 -delete || return
      echo "Emptied $custom"
    fi
    cp -a -- "$to/." "$custom/" || return
    echo "Copied to $custom"
    __lies_in "$custom"
    cd -- "$custom" || return
  fi
  __hook Deploy && __hook PostDeploy || return
  { mkdir -p -- "${note%/*}" && printf '%s\n%s\n' "$what" "$to" >"$note.new" && mv -f -- "$note.new" "$note"; } ||
    write_warning "What is installed cannot be noted in $note, so the next run installs it again."
}

__able "$(__v Package.ExtractedPath)" || exit 1
__deploy && exit 0
__code=$?
__hook DeployFailed
exit $__code
