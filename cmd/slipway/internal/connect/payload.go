package connect

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"

	"slipway/cmd/slipway/internal/config"
	"slipway/payload"
)

// NoKey is said instead of the ID of a key to encrypt nothing any more.
const NoKey = "none"

// codecTime bounds one question to a codec server.
const codecTime = 10 * time.Second

// codec is what encodes the payloads of a connection, and whether it encodes any. Every
// command and role that connects to Temporal has it from here.
func codec(v *config.Values, profile *envconfig.ClientConfigProfile) (c converter.PayloadCodec, encodes bool, err error) {
	remote := profile.Codec
	if err := checkCodec(remote); err != nil {
		return nil, false, err
	}
	local, err := Payloads(v)
	if err != nil {
		return nil, false, err
	}
	switch {
	case remote == nil || *remote == (envconfig.ClientConfigCodec{}):
		return local, local.Encrypts(), nil
	case v.Said(config.PayloadKeys):
		return nil, false, v.Bad(config.PayloadKeys, "a codec server is configured as well",
			"keep these keys, or TEMPORAL_CODEC_ENDPOINT (codec in the profile file), and leave the other out: a payload is encrypted once")
	}
	return remoteCodec(remote, profile.Namespace), true, nil
}

// Payloads returns the codec of the keys that are set; without any it only tells what is
// encrypted.
func Payloads(v *config.Values) (*payload.Codec, error) {
	dir, id := v.String(config.PayloadKeys), v.String(config.PayloadKey)
	switch {
	case dir == "" && id == "":
		return payload.NewCodec(payload.NoKeys())
	case dir == "":
		return nil, v.Bad(config.PayloadKey, "names a key, and there is no directory of keys", "set SLIPWAY_PAYLOAD_KEYS as well, or leave this out")
	case id == "":
		return nil, v.Bad(config.PayloadKeys, "has keys, and none is said to encrypt",
			"set SLIPWAY_PAYLOAD_KEY to the name of a file there, or to none to decrypt only")
	}
	if id == NoKey {
		id = ""
	}
	keys, err := payload.KeysFromFiles(dir, id)
	if err != nil {
		return nil, v.Bad(config.PayloadKeys, err.Error(), "see docs/encryption.md")
	}
	return payload.NewCodec(keys)
}

// checkCodec refuses a codec server that cannot be asked. The endpoint may hold a password,
// so that no error quotes it.
func checkCodec(c *envconfig.ClientConfigCodec) error {
	if c == nil || *c == (envconfig.ClientConfigCodec{}) {
		return nil
	}
	at, err := url.Parse(c.Endpoint)
	if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		return errors.New("configuration of Temporal: the endpoint of the codec server is no http or https URL; " +
			"check TEMPORAL_CODEC_ENDPOINT and codec in the profile file, or leave TEMPORAL_CODEC_AUTH out as well")
	}
	return nil
}

// remoteCodec asks a codec server.
func remoteCodec(c *envconfig.ClientConfigCodec, namespace string) converter.PayloadCodec {
	return converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: strings.TrimSuffix(c.Endpoint, "/"),
		Client:   http.Client{Timeout: codecTime},
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("X-Namespace", namespace)
			if c.Auth != "" {
				r.Header.Set("Authorization", c.Auth)
			}
			return nil
		},
	})
}
