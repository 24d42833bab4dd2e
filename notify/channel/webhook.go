package channel

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"slipway/notify"
)

// webhook posts messages as JSON in the form of Standard Webhooks, with the ID of the message in webhook-id, by which the
// receiver knows it again: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
type webhook struct{}

// A secret has so many bytes, in Base64 behind its prefix.
const (
	secretPrefix  = "whsec_"
	leastSecret   = 24
	mostSecretLen = 64
)

func (webhook) compose(m notify.Message, at time.Time, k keys) (outgoing, error) {
	body, err := encode(m)
	if err != nil {
		return outgoing{}, &RefusedError{Channel: k.channel.Name, Reason: "the message has no JSON form: " + err.Error()}
	}
	id := key(m)
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set("Idempotency-Key", id)
	signer, err := webhookSigner(k)
	if err != nil {
		return outgoing{}, err
	}
	signed, err := signer.Sign(id, at, body)
	if err != nil {
		return outgoing{}, err
	}
	header.Set(standardwebhooks.HeaderWebhookSignature, signed)
	return outgoing{to: k.address, header: header, body: body}, nil
}

func webhookSigner(k keys) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(k.secret, secretPrefix)
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(secret) < leastSecret || len(secret) > mostSecretLen {
		return nil, fmt.Errorf("channel %s: secretFile: %s holds no secret of Standard Webhooks; write %s into it, and behind that %d to %d random bytes in Base64",
			k.channel.Name, k.channel.SecretFile, secretPrefix, leastSecret, mostSecretLen)
	}
	return standardwebhooks.NewWebhookRaw(secret)
}

func (webhook) judge(a answer) error { return a.byStatus() }
