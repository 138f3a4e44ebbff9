# shellcheck shell=bash
# A scenario with a bug for explore to find, in the current folder: ask.yaml, and its programs.
for source in peer reset-null; do cc -g -o "$source" "$root/tests/zoo/$source.c"; done
cat > ask.yaml << 'END'
name: ask
timeout: 5s
programs:
  server: {run: [./peer, serve, "${port.zoo}"], ready: {port: "${port.zoo}"}, wrap: false}
  client: [./reset-null, "${port.zoo}"]
END
