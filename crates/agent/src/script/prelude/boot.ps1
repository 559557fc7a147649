$ErrorActionPreference = 'Stop'
$gate = [IO.File]::OpenRead('/proc/self/fd/902')
if ($gate.ReadByte() -lt 0) { [IO.File]::WriteAllText('.regatta-unstarted', ''); exit }
$gate.Dispose()
$OctopusParameters = New-Object 'System.Collections.Generic.Dictionary[string,string]' ([StringComparer]::OrdinalIgnoreCase)
function script:Decode([string]$t) { [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($t)) }
function script:Encode([string]$t) { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($t)) }
foreach ($line in [IO.File]::ReadAllLines('/proc/self/fd/901')) {
  $pair = $line.Split(' ')
  $name = Decode $pair[0]; $OctopusParameters[$name] = Decode $pair[1]
  $plain = $name -replace '[^A-Za-z0-9]', ''
  if ($plain -and -not (Test-Path "variable:$plain")) { Set-Variable -Name $plain -Value $OctopusParameters[$name] -Scope Global }
}
function Say([string]$name, $attributes) {
  $text = ''; foreach ($key in $attributes.Keys) { $text += " $key='" + (Encode ([string]$attributes[$key])) + "'" }
  [Console]::Out.WriteLine("##octopus[$name$text]")
}
function Set-OctopusVariable([string]$name, [string]$value, [switch]$sensitive) {
  if ($sensitive) {
    Say 'mask' ([ordered]@{ value = $value })
    [Console]::Error.WriteLine("##octopus[mask value='" + (Encode $value) + "']")
    Say 'setVariable' ([ordered]@{ name = $name; value = $value; sensitive = 'True' })
  } else { Say 'setVariable' ([ordered]@{ name = $name; value = $value }) }
  $OctopusParameters[$name] = $value
}
function New-OctopusArtifact([string]$path, [string]$name) {
  $full = [IO.Path]::GetFullPath($path, (Get-Location).Path)
  if (-not $name) { $name = [IO.Path]::GetFileName($full) }
  Say 'createArtifact' ([ordered]@{ path = $full; name = $name })
}
function Fail-Step([string]$message) { if ($message) { Say 'resultMessage' ([ordered]@{ message = $message }) }; exit -1 }
function Level([string]$level, [string]$text) {
  [Console]::Out.WriteLine("##octopus[stdout-$level]`n$text`n##octopus[stdout-default]")
}
function Write-Verbose([string]$message) { Level 'verbose' $message }
function Write-Highlight([string]$message) { Level 'highlight' $message }
function Write-Wait([string]$message) { Level 'wait' $message }
function Write-Warning([string]$message) { Level 'warning' $message }
function Update-Progress([int]$percentage, [string]$message) { Say 'progress' ([ordered]@{ percentage = $percentage; message = $message }) }
function Set-EnvironmentState([string]$key, [string]$value, [string]$type = 'State', [switch]$sensitive) {
  Say 'set-environmentstate' ([ordered]@{ key = $key; value = $value; type = $type; sensitive = "$([bool]$sensitive)" })
}
function Set-EnvironmentUrl([string]$key, [string]$value) { Set-EnvironmentState $key $value 'Url' }
$global:LASTEXITCODE = 0
. ([ScriptBlock]::Create([IO.File]::ReadAllText('/proc/self/fd/900')))
exit $LASTEXITCODE
