# Deploys a package: a folder of its own per version, the scripts of the package and the step around it. Values come
# from variables only, so nothing a person wrote is ever part of this text.
__v() { get_octopusvariable "Octopus.Action.$1"; }
__is() { local v; v=$(__v "$1"); [[ ${v,,} == true ]]; }
# One part of a path, whatever it was called.
__part() { local p=${1//\//_}; [[ $p == . || $p == .. || -z $p ]] && p=_; printf '%s' "$p"; }

__hook() {
  # The step's own script first, then that of the package. Each in a shell of its own, where the package lies.
  local name=$1 own
  own=$(__v "CustomScripts.$name.sh")
  if [[ -n $own ]]; then
    echo "Running the $name script of the step"
    (eval "$own") || return
  fi
  if [[ -f ./$name.sh ]]; then
    echo "Running $name.sh of the package"
    (source "./$name.sh") || return
  elif [[ -f ./$name.ps1 || -f ./$name.csx || -f ./$name.py ]]; then
    write_warning "The package has a $name script in another language; steps that deploy a package run $name.sh only."
  fi
}

__deploy() {
  local from root to base number=1 custom
  from=$(__v Package.ExtractedPath)
  root=$(get_octopusvariable Octopus.Tentacle.Agent.ApplicationDirectoryPath)
  [[ -n $from && -n $root ]] || { echo "the agent is older than this server and cannot deploy packages: upgrade it" >&2; return 1; }
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
  set_octopusvariable Package.InstallationDirectoryPath "$to"
  octopus_parameters[Octopus.Action.Package.InstallationDirectoryPath]=$to
  __substituted=$PWD/.regatta-substituted
  cd -- "$to" || return
  __hook PreDeploy || return
  if [[ -d $__substituted ]]; then
    local file count=0
    # Their content only: what may be run stays so, and what PreDeploy took away stays away.
    while IFS= read -r -d '' file; do
      [[ -f $file ]] || continue
      cat -- "$__substituted/$file" >"$file" || return
      ((++count))
    done < <(cd -- "$__substituted" && find . -type f -print0)
    echo "Replaced variables in $count files"
  fi
  custom=$(__v Package.CustomInstallationDirectory)
  if [[ -n $custom ]]; then
    [[ $custom == /* && $custom != / ]] || { echo "the custom installation directory must be a whole path below /: $custom" >&2; return 1; }
    mkdir -p -- "$custom" || return
    if __is Package.CustomInstallationDirectoryShouldBePurgedBeforeDeployment; then
      find "$custom" -mindepth 1 -delete || return
      echo "Emptied $custom"
    fi
    cp -a -- "$to/." "$custom/" || return
    echo "Copied to $custom"
    set_octopusvariable Package.InstallationDirectoryPath "$custom"
    octopus_parameters[Octopus.Action.Package.InstallationDirectoryPath]=$custom
    cd -- "$custom" || return
  fi
  __hook Deploy && __hook PostDeploy
}

__deploy && exit 0
__code=$?
__hook DeployFailed
exit $__code
