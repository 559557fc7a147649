__regatta_json() {
  # A text as JSON has it, in bash alone.
  local s=$1 code hex letter
  s=${s//\\/\\\\} s=${s//\"/\\\"}
  if [[ $s == *[[:cntrl:]]* ]]; then
    for code in {1..31} 127; do
      printf -v hex %02x "$code"; printf -v letter "\\x$hex"
      s=${s//"$letter"/\\u00$hex}
    done
  fi
  REPLY=$s
}
__regatta_python_setup() {
  local name before='{'
  for name in "${!octopus_parameters[@]}"; do
    __regatta_json "$name"; printf '%s"%s":' "$before" "$REPLY"
    __regatta_json "${octopus_parameters[$name]}"; printf '"%s"' "$REPLY"
    before=,
  done
  printf '}\n%s' "$__regatta_python_helpers"
}
__regatta_powershell_setup() {
  # Bytes are counted, not letters.
  local name LC_ALL=C
  for name in "${!octopus_parameters[@]}"; do
    __regatta_b64 "$name"; printf '%s ' "$REPLY"
    __regatta_b64 "${octopus_parameters[$name]}"; printf '%s\n' "$REPLY"
  done
}
__regatta_hook() {
  # Runs what comes through descriptor 900 in another language, where this script is, with its variables and helpers.
  # Nothing of it touches the disk. The byte is what a script waits for before it begins.
  case $1 in
    python)
      "$__regatta_python" -u -c "$__regatta_python_boot" 901< <(__regatta_python_setup) 902< <(printf .)
      ;;
    powershell)
      "$__regatta_powershell" -NoLogo -NoProfile -NonInteractive -Command "$__regatta_powershell_boot" \
        901< <(__regatta_powershell_setup) 902< <(printf .)
      ;;
  esac
}
