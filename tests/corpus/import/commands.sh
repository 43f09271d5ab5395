#!/bin/sh
# What was sent to the shop.
curl https://shop.example.net/orders \
  -H 'Content-Type: application/json' \
  -u 'me:s3cret' \
  --data-raw $'{"note":"it\'s \u00e9"}'

printf %s 'AEB/gA==' | base64 -d | curl -q -sS -X PUT -H 'Expect:' --data-binary @- 'http://127.0.0.1:4600/bytes'

curl -d @order.json http://127.0.0.1:4600/from-file
curl --get --data-urlencode 'q=a b&c' "http://127.0.0.1:4600/search" | jq .
