# The same under what a good program copes with: pieces, waits, signals.
# curl polls three times a turn, and every third would be the one that waits, each time.
# ssh takes EAGAIN behind a poll that said that there is something for the end.
/^name: ssh$/,/^---$/s/^expect:/faults: [{id: bytes, call: [recv, send], type: stream, family: inet, partial: 1..9}]\nexpect:/
s/^expect:$/faults:\
  - {id: bytes, call: [recv, send], type: stream, family: inet, partial: 1..9}\
  - {id: again, call: [recv, send, accept, connect], again: true, when: {every: 4}, optional: true}\
  - {id: interrupt, call: [recv, send, accept, connect], interrupt: true, when: {every: 3}, optional: true}\
  - {id: awake, call: poll, interrupt: true, when: {every: 5}, optional: true}\
  - {id: slow, call: [connect, recv, send], delay: 100us, when: {every: 7}}\
expect:/
s/?\[1-50\]/?[1-3]/
s/-n 2000/-n 100/
s/10000)/300)/
s/ && pgbench .*//
s/pgbench -i.*/"true"/
s/seq 100000/seq 1000/
