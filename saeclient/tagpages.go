package saeclient

import (
	"context"
	"iter"

	"slipway/internal/clientrt"
)

// ListTagResourcesAll is [Client.ListTagResources] over all pages, from in.NextToken on. The
// first error ends it.
func (c *Client) ListTagResourcesAll(ctx context.Context, in *ListTagResourcesInput) iter.Seq2[ListTagResourcesDataTagResources, error] {
	var start ListTagResourcesInput
	if in != nil {
		start = *in
	}
	return clientrt.TokenPages(clientrt.ValueOf(start.NextToken), func(token string) ([]ListTagResourcesDataTagResources, string, error) {
		ask := start
		if token != "" {
			ask.NextToken = &token
		}
		out, err := c.ListTagResources(ctx, &ask)
		if err != nil {
			return nil, "", err
		}
		return out.Data.TagResources, nextToken(out.Data.NextToken), nil
	})
}

// nextToken reads the token of the next page; the reference's sample shows two quotation marks
// where there is none.
func nextToken(text string) string {
	if text == `""` {
		return ""
	}
	return text
}
