# Become a sentinel of redis: sentinel.sh PORT MASTERS-PORT FOLDER
set -e
cat > "$3/sentinel-$1.conf" << END
port $1
bind 127.0.0.1
dir $3
sentinel monitor main 127.0.0.1 $2 2
sentinel down-after-milliseconds main 1000
sentinel failover-timeout main 5000
END
exec redis-server "$3/sentinel-$1.conf" --sentinel
