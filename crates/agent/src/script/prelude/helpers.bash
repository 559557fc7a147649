__regatta_b64() {
  # Base64 in bash alone: no process, whatever is installed. Bytes, not characters, hence the C locale.
  local LC_ALL=C s=$1 a=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ i n=${#1} x y z v
  REPLY=
  for ((i = 0; i < n; i += 3)); do
    printf -v x %d "'${s:i:1}"; printf -v y %d "'${s:i+1:1}"; printf -v z %d "'${s:i+2:1}"
    ((v = (x & 255) << 16 | (y & 255) << 8 | (z & 255)))
    REPLY+=${a:v>>18:1}${a:v>>12&63:1}${a:v>>6&63:1}${a:v&63:1}
  done
  case $((n % 3)) in
    1) REPLY=${REPLY:0:${#REPLY}-2}== ;;
    2) REPLY=${REPLY:0:${#REPLY}-1}= ;;
  esac
}
__regatta_say() {
  # name key value [key value ...]
  local m="##octopus[$1" LC_ALL=C; shift
  while (($#)); do __regatta_b64 "$2"; m+=" $1='$REPLY'"; shift 2; done
  printf '%s]\n' "$m"
}
get_octopusvariable() { [[ -n ${1-} ]] && printf '%s\n' "${octopus_parameters[$1]-}" || printf '\n'; }
set_octopusvariable() {
  if [[ ${3-} == -sensitive ]]; then
    __regatta_say mask value "${2-}"
    __regatta_say mask value "${2-}" >&2
    __regatta_say setVariable name "$1" value "${2-}" sensitive True
  else
    __regatta_say setVariable name "$1" value "${2-}"
  fi
  [[ -n ${1-} ]] && octopus_parameters[$1]=${2-}
  return 0
}
new_octopusartifact() {
  local path=${1-} name=${2-}
  [[ -n $path ]] || { echo "new_octopusartifact: a path is needed" >&2; return 1; }
  [[ $path == /* ]] || path=$PWD/$path
  [[ -n $name ]] || name=${path##*/}
  __regatta_say createArtifact path "$path" name "$name"
}
fail_step() {
  [[ -z ${1-} ]] || __regatta_say resultMessage message "$1"
  exit 1
}
__regatta_level() { printf '##octopus[stdout-%s]\n' "$1"; shift; printf '%s\n' "$*"; printf '##octopus[stdout-default]\n'; }
write_verbose() { __regatta_level verbose "$@"; }
write_highlight() { __regatta_level highlight "$@"; }
write_wait() { __regatta_level wait "$@"; }
write_warning() { __regatta_level warning "$@"; }
update_progress() { __regatta_say progress percentage "${1-0}" message "${2-}"; }
set_environmentstate() {
  local k=${1-} v=${2-} sensitive=False type=State; shift 2
  while (($#)); do if [[ $1 == -sensitive ]]; then sensitive=True; else type=$1; fi; shift; done
  __regatta_say set-environmentstate key "$k" value "$v" type "$type" sensitive "$sensitive"
}
set_environmenturl() { set_environmentstate "${1-}" "${2-}" Url; }
