// Package saeclient is a client of the Alibaba Cloud SAE (Serverless App Engine) API.
package saeclient

import "context"

// Client calls the SAE API.
type Client struct{}

// invoke carries out one operation. The transport comes with the next change; until then every call is refused.
func invoke[O any](ctx context.Context, _ *Client, _ Operation, in input) (*O, error) {
	var r request
	in.encode(&r)
	if r.err != nil {
		return nil, r.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, ErrUnavailable
}
