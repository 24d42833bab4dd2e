package sae

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// probeApp is an application that does not exist.
const probeApp = "00000000-0000-4000-8000-000000000000"

// TryAccess asks SAE for an application that does not exist: it has to know who asks before it
// can say so. The error is that of the call where there is no such answer;
// [cloudapi.ErrAuth] means that the credentials are missing, wrong or lack a permission.
func TryAccess(ctx context.Context, client *saeclient.Client) error {
	_, err := client.DescribeApplicationConfig(ctx, &saeclient.DescribeApplicationConfigInput{AppID: probeApp})
	if errors.Is(err, cloudapi.ErrNotFound) || errors.Is(err, cloudapi.ErrInvalid) {
		return nil
	}
	return err
}

// How long an answer counts: readiness is asked every few seconds, and calls are limited.
const (
	acceptedAge = 5 * time.Minute
	refusedAge  = 15 * time.Second
)

// Access checks that SAE takes a client's credentials.
type Access struct {
	client *saeclient.Client
	now    func() time.Time

	mu    sync.Mutex
	until time.Time
	err   error
}

// NewAccess returns the check for a client.
func NewAccess(client *saeclient.Client) *Access { return &Access{client: client, now: time.Now} }

// Check fails where SAE refuses the credentials. A platform that does not answer is no failure:
// releases wait for it, and tell so.
func (a *Access) Check(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now().Before(a.until) {
		return a.err
	}
	err := TryAccess(ctx, a.client)
	switch {
	case errors.Is(err, cloudapi.ErrAuth):
		a.err = fmt.Errorf("sae: %w; check the credentials of Alibaba Cloud, and what the page operations lists under permissions", err)
		a.until = a.now().Add(refusedAge)
	case err == nil:
		a.err, a.until = nil, a.now().Add(acceptedAge)
	default: // an answer from before still counts
		a.until = a.now().Add(refusedAge)
	}
	return a.err
}
