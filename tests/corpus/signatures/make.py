#!/usr/bin/env python3
"""Writes vectors.json: one request or more for each scheme, signed by Python's hmac and by the `cryptography` package, which
know nothing of creel. Vectors out of a provider's own document or SDK say so in `source`, and are checked here: a vector
that Python does not make itself stops this script. The keys are made here and are good for nothing else."""

import base64, datetime, hashlib, hmac, json, pathlib, zlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

T = 1700000000
OURS = "computed with Python's hmac and cryptography"
vectors = []


def mac(secret, message, algorithm="sha256"):
    secret, message = [x.encode() if isinstance(x, str) else x for x in (secret, message)]
    return hmac.new(secret, message, algorithm)


def b64(digest):
    return base64.b64encode(digest).decode()


def add(scheme, headers, body, secret, source=OURS, method="POST", target="/hook", url=None, beside=None, private=None, at=T):
    vectors.append(dict(scheme=scheme, source=source, method=method, target=target, url=url, headers=headers, body=body,
                        secret=secret, beside=beside, private=private, received_at=at))


def check(made, expected):
    assert made == expected, (made, expected)
    return made


# Out of documents and SDKs.
hello = check(mac("It's a Secret to Everybody", "Hello, World!").hexdigest(),
              "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
add("github", [["X-GitHub-Event", "push"], ["X-Hub-Signature-256", "sha256=" + hello]], "Hello, World!",
    "It's a Secret to Everybody", "docs.github.com, Validating webhook deliveries")

slack = ("token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
         "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
         "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
         "803a0bc887a14d10d2c447fce8b6703c")
check(mac("8f742231b10e8888abcd99yyyzzz85a5", "v0:1531420618:" + slack).hexdigest(),
      "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")
add("slack", [["Content-Type", "application/x-www-form-urlencoded"], ["X-Slack-Request-Timestamp", "1531420618"],
              ["X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"]], slack,
    "8f742231b10e8888abcd99yyyzzz85a5", "api.slack.com, Verifying requests from Slack", at=1531420618)

form = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
twilio_url = "https://mycompany.com/myapp.php?foo=1&bar=2"
pairs = "CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212"
check(b64(mac("12345", twilio_url + pairs, "sha1").digest()), "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
FORM = ["Content-Type", "application/x-www-form-urlencoded"]
add("twilio", [FORM, ["X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="]], form, "12345",
    "twilio-python, tests/unit/test_request_validator.py", target="/myapp.php?foo=1&bar=2", url="https://mycompany.com")
add("twilio", [FORM, ["X-Twilio-Webhooks-Signature-Settings", "key=1,algorithm=HMAC_SHA256"],
               ["X-Twilio-Signature", b64(mac("12345", twilio_url + pairs, "sha256").digest())]], form, "12345",
    target="/myapp.php?foo=1&bar=2", url="https://mycompany.com")
body = '{"a":1}'
query = "/t?bodySHA256=" + hashlib.sha256(body.encode()).hexdigest()
add("twilio", [["Content-Type", "application/json"],
               ["X-Twilio-Signature", b64(mac("12345", "https://example.com" + query, "sha1").digest())]], body, "12345",
    target=query, url="https://example.com")

whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
standard = b64(mac(base64.b64decode(whsec[6:]), 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}').digest())
check(standard, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
for scheme, prefix, extra in (("svix", "svix", []), ("standard-webhooks", "webhook", []),
                              ("gitlab", "webhook", [["X-Gitlab-Event", "Push Hook"]])):
    add(scheme, extra + [[prefix + "-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], [prefix + "-timestamp", "1614265330"],
                         [prefix + "-signature", "v1," + standard]], '{"test": 2432232314}', whsec,
        "standard-webhooks and svix-webhooks, the tests of their libraries", at=1614265330)

adyen = {"pspReference": "7914073381342284", "originalReference": "", "merchantAccountCode": "TestMerchant",
         "merchantReference": "TestPayment-1407325143704", "amount": {"value": 1130, "currency": "EUR"},
         "eventCode": "AUTHORISATION", "success": "true"}
adyen_key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
line = "7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true"
check(b64(mac(bytes.fromhex(adyen_key), line).digest()), "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=")
adyen["additionalData"] = {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="}
add("adyen", [], json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": adyen}]}), adyen_key,
    "adyen-node-api-library, src/__tests__/hmacValidator.spec.ts")

sendgrid_key = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eN"
                "Ec6wEA3F+g==")
event = ('[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9O'
         'SFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9'
         '.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n')
sent = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
try:
    public = serialization.load_der_public_key(base64.b64decode(sendgrid_key))
    public.verify(base64.b64decode(sent), ("1600112502" + event).encode(), ec.ECDSA(hashes.SHA256()))
    add("sendgrid", [["X-Twilio-Email-Event-Webhook-Signature", sent],
                     ["X-Twilio-Email-Event-Webhook-Timestamp", "1600112502"]], event, sendgrid_key,
        "sendgrid-python, test/unit/test_eventwebhook.py", at=1600112502)
except Exception as error:
    print("the vector of sendgrid-python does not hold:", repr(error))

# Made here.
TEXT = '{"id":"evt_1","object":"event","type":"invoice.paid","name":"caf\u00e9","url":"https://a/b"}'
KEY = "a secret of some length"


def bare(scheme, header, prefix="", encoding="hex", algorithm="sha256", extra=(), body=TEXT, secret=KEY, key=None):
    made = mac(key if key is not None else secret, body, algorithm)
    text = made.hexdigest() if encoding == "hex" else b64(made.digest())
    add(scheme, list(extra) + [[header, prefix + text]], body, secret)


bare("gitea", "X-Gitea-Signature", extra=[["X-Gitea-Event", "push"]])
bare("github", "X-Hub-Signature-256", "sha256=", extra=[["X-GitHub-Event", "push"]])
bare("github-sha1", "X-Hub-Signature", "sha1=", algorithm="sha1", extra=[["X-GitHub-Event", "push"]])
bare("bitbucket", "X-Hub-Signature", "sha256=", extra=[["X-Event-Key", "repo:push"]])
bare("shopify", "X-Shopify-Hmac-Sha256", encoding="b64", extra=[["X-Shopify-Topic", "orders/create"]])
bare("shopify-events", "shopify-hmac-sha256", encoding="b64", extra=[["shopify-topic", "orders/create"]])
bare("intercom", "X-Hub-Signature", "sha1=", algorithm="sha1",
     body='{"type":"notification_event","topic":"user.created","app_id":"a"}')
bare("typeform", "Typeform-Signature", "sha256=", "b64")
bare("docusign", "X-DocuSign-Signature-1", encoding="b64")
bare("woocommerce", "X-WC-Webhook-Signature", encoding="b64", extra=[["X-WC-Webhook-Topic", "order.created"]])
bare("adyen-platform", "HmacSignature", encoding="b64", secret=adyen_key, key=bytes.fromhex(adyen_key))
bare("razorpay", "X-Razorpay-Signature")
bare("meta", "X-Hub-Signature-256", "sha256=", body='{"object":"page","entry":[{"changes":[{"field":"feed"}]}],"n":"\\u00e9"}')
bare("meta-sha1", "X-Hub-Signature", "sha1=", algorithm="sha1", body='{"object":"page","entry":[]}')
bare("line", "X-Line-Signature", encoding="b64", body='{"destination":"x","events":[{"type":"message"}]}')
bare("vercel", "x-vercel-signature", algorithm="sha1")
bare("dropbox", "X-Dropbox-Signature")
bare("lemon-squeezy", "X-Signature", extra=[["X-Event-Name", "order_created"]], body='{"meta":{"event_name":"order_created"},"data":{}}')
bare("cursor", "X-Webhook-Signature", "sha256=", extra=[["User-Agent", "Cursor-Agent-Webhook/1.0"]], body='{"event":"statusChange"}')
linear = '{"action":"create","type":"Issue","webhookTimestamp":%d000}' % T
bare("linear", "Linear-Signature", body=linear)


def timed(scheme, header, form, signed, unit=1, secret=KEY, extra=(), encoding="hex"):
    t = str(T * unit)
    made = mac(secret, signed.replace("T", t, 1).replace("BODY", TEXT))
    text = made.hexdigest() if encoding == "hex" else base64.urlsafe_b64encode(made.digest()).decode().rstrip("=")
    add(scheme, [[name, value.replace("T", t)] for name, value in extra] + [[header, form.replace("T", t, 1).replace("SIG", text)]],
        TEXT, secret)


timed("stripe", "Stripe-Signature", "t=T,v1=SIG,v0=00", "T.BODY", secret="whsec_stripe_as_it_is")
timed("paddle", "Paddle-Signature", "ts=T;h1=SIG", "T:BODY", secret="pdl_ntfset_1")
timed("zoom", "x-zm-signature", "v0=SIG", "v0:T:BODY", extra=[["x-zm-request-timestamp", "T"]])
timed("calendly", "Calendly-Webhook-Signature", "t=T,v1=SIG", "T.BODY")
timed("workos", "WorkOS-Signature", "t=T, v1=SIG", "T.BODY", 1000)
timed("elevenlabs", "ElevenLabs-Signature", "t=T,v0=SIG", "T.BODY")
timed("webflow", "x-webflow-signature", "SIG", "T:BODY", 1000, extra=[["x-webflow-timestamp", "T"]])
timed("sanity", "sanity-webhook-signature", "t=T,v1=SIG", "T.BODY", 1000, encoding="url")

add("gitlab-token", [["X-Gitlab-Event", "Push Hook"], ["X-Gitlab-Token", KEY]], TEXT, KEY)
add("telegram", [["X-Telegram-Bot-Api-Secret-Token", "A-Token_1"]], '{"update_id":1,"message":{}}', "A-Token_1")
add("okta", [["Authorization", KEY]], '{"eventType":"com.okta.event_hook","data":{"events":[{"eventType":"x"}]}}', KEY)
add("square", [["x-square-hmacsha256-signature", b64(mac(KEY, "https://example.com/square" + TEXT).digest())]], TEXT, KEY,
    target="/square", url="https://example.com")
add("trello", [["X-Trello-Webhook", b64(mac(KEY, TEXT + "https://example.com/trello", "sha1").digest())]], TEXT, KEY,
    target="/trello", url="https://example.com")
hub = '[{"subscriptionType":"contact.creation","portalId":1}]'
add("hubspot-v1", [["X-HubSpot-Signature-Version", "v1"], ["X-HubSpot-Signature", hashlib.sha256((KEY + hub).encode()).hexdigest()]], hub, KEY)
add("hubspot-v2", [["X-HubSpot-Signature-Version", "v2"],
                   ["X-HubSpot-Signature", hashlib.sha256((KEY + "POSThttps://example.com/hub?a=1" + hub).encode()).hexdigest()]],
    hub, KEY, target="/hub?a=1", url="https://example.com")
ts = str(T * 1000)
add("hubspot-v3", [["X-HubSpot-Request-Timestamp", ts],
                   ["X-HubSpot-Signature-v3", b64(mac(KEY, "POSThttps://example.com/hub?q=a@b" + hub + ts).digest())]], hub, KEY,
    target="/hub?q=a%40b", url="https://example.com")
mail = {"timestamp": str(T), "token": "abc"}
mail["signature"] = mac(KEY, mail["timestamp"] + mail["token"]).hexdigest()
add("mailgun", [], json.dumps({"signature": mail, "event-data": {"event": "opened"}}), KEY)

# Public keys.
PEM, PKCS8, NONE = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


def pem(key):
    return key.private_bytes(PEM, PKCS8, NONE).decode()


def raw(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


ed = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"creel").digest())
add("discord", [["X-Signature-Timestamp", str(T)], ["X-Signature-Ed25519", ed.sign((str(T) + TEXT).encode()).hex()]], TEXT,
    raw(ed).hex(), private=pem(ed))
seed = hashlib.sha256(b"creel").digest()
add("standard-webhooks-v1a", [["webhook-id", "msg_1"], ["webhook-timestamp", str(T)],
                              ["webhook-signature", "v1a," + b64(ed.sign(("msg_1.%d." % T + TEXT).encode()))]], TEXT,
    "whpk_" + b64(raw(ed)), private="whsk_" + b64(seed + raw(ed)))
curve = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"creel p256").digest(), "big") >> 1, ec.SECP256R1())
spki = b64(curve.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
add("sendgrid", [["X-Twilio-Email-Event-Webhook-Timestamp", str(T)],
                 ["X-Twilio-Email-Event-Webhook-Signature", b64(curve.sign((str(T) + TEXT + "\r\n").encode(), ec.ECDSA(hashes.SHA256())))]],
    TEXT + "\r\n", spki, private=pem(curve))
key = rsa.generate_private_key(65537, 2048)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "creel's vectors")])
since = datetime.datetime(2020, 1, 1)
certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
               .not_valid_before(since).not_valid_after(since + datetime.timedelta(36500)).sign(key, hashes.SHA256()))
certificate = certificate.public_bytes(PEM).decode()


def rsa_of(text, algorithm):
    return b64(key.sign(text.encode(), padding.PKCS1v15(), algorithm))


sent_at = "2023-11-14T22:13:20Z"
crc = zlib.crc32(TEXT.encode())
add("paypal", [["PAYPAL-TRANSMISSION-ID", "69cd13f0"], ["PAYPAL-TRANSMISSION-TIME", sent_at], ["PAYPAL-AUTH-ALGO", "SHA256withRSA"],
               ["PAYPAL-CERT-URL", "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"],
               ["PAYPAL-TRANSMISSION-SIG", rsa_of(f"69cd13f0|{sent_at}|8PT597110X687430LKGECATA|{crc}", hashes.SHA256())]], TEXT,
    certificate, beside="8PT597110X687430LKGECATA", private=pem(key))
for version, algorithm in (("1", hashes.SHA1()), ("2", hashes.SHA256())):
    message = {"Type": "Notification", "MessageId": "22b80b92", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Subject": "s",
               "Message": "line\nand \u00e9", "Timestamp": sent_at, "SignatureVersion": version,
               "SigningCertURL": "https://sns.us-east-1.amazonaws.com/a.pem"}
    text = "".join(f"{n}\n{message[n]}\n" for n in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"))
    message["Signature"] = rsa_of(text, algorithm)
    add("sns", [["x-amz-sns-message-type", "Notification"]], json.dumps(message), certificate, private=pem(key))
message = {"Type": "SubscriptionConfirmation", "MessageId": "1", "Token": "2336", "TopicArn": "arn:t", "Message": "m",
           "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?a=1", "Timestamp": sent_at, "SignatureVersion": "2"}
text = "".join(f"{n}\n{message[n]}\n" for n in ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"))
message["Signature"] = rsa_of(text, hashes.SHA256())
add("sns", [["x-amz-sns-message-type", "SubscriptionConfirmation"]], json.dumps(message), certificate)

out = pathlib.Path(__file__).with_name("vectors.json")
out.write_text("[\n" + ",\n".join(json.dumps(v, ensure_ascii=True) for v in vectors) + "\n]\n")
print(len(vectors), "vectors")
