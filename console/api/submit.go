package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"slipway/internal/documents"
	"slipway/release"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// sourcePrefix begins the source of events of the API; who has signed in ends it.
const sourcePrefix = "urn:slipway:api:"

// mostAccept is how long a request may wait for whether it was accepted.
const mostAccept = time.Minute

// actor is in whose name the events of a request are published.
func (r *request) actor() (requests.Publisher, error) {
	if err := wire.IdentityFault(r.by); err != nil {
		return requests.Publisher{}, kindForbidden.is("who has signed in cannot ask for anything: the identity %s", err.Error())
	}
	return requests.Publisher{Source: sourcePrefix + r.by, Identity: r.by}, nil
}

// submitRelease asks for a release.
func (a *api) submitRelease(r *request) error {
	return r.submit("releases", func(ctx context.Context, data []byte) (requests.Request, error) {
		asked, err := a.readRelease(ctx, data)
		if err != nil {
			return requests.Request{}, err
		}
		if asked.named == nil {
			return requests.OfRelease(asked.spec), nil
		}
		return requests.OfNamed(*asked.named)
	})
}

// submit asks for what read makes of the body, and answers with what comes of it.
func (r *request) submit(path string, read func(context.Context, []byte) (requests.Request, error)) error {
	in := reader{parameters: r.query}
	wait := in.duration(paramWait, mostAccept)
	if err := in.problems(); err != nil {
		return err
	}
	by, err := r.actor()
	if err != nil {
		return err
	}
	key, err := r.key()
	if err != nil {
		return err
	}
	data, err := r.body()
	if err != nil {
		return err
	}
	ctx := r.Context()
	asked, err := read(ctx, data)
	if err != nil {
		return err
	}
	client := requests.New(r.api.JetStream, by)
	receipt, err := client.Submit(ctx, asked, key)
	if err != nil {
		return unsent(err, key)
	}
	if wait > 0 {
		msg, err := asked.Message(wire.Origin{Source: by.Source, ID: key, Identity: by.Identity})
		if err != nil {
			return err
		}
		if err := accepted(ctx, client.Awaiting(msg.Subject, receipt), receipt, wait); err != nil {
			return err
		}
	}
	r.w.Header().Set("Location", Prefix+path+"/"+receipt.ID())
	return r.reply(http.StatusAccepted, receipt)
}

// unsent is the error of an event that was not published, as who has sent the request is told it: about its key, or that it may be
// sent again with it; nil of none.
func unsent(err error, key string) error {
	if err == nil {
		return nil
	}
	p, wrong := errors.AsType[release.Problem](err)
	if wrong && p.Field == "id" {
		return release.Problem{Field: headerKey, Message: p.Message}
	}
	if status := problemOf(err).Status; status == http.StatusInternalServerError || status == http.StatusServiceUnavailable {
		return errors.Join(kindAway.is("NATS does not say that it is stored; send it again with the header %s: %s, with which it counts once", headerKey, key), err)
	}
	return err
}

// paceAccept is how often is looked whether a request was accepted.
const paceAccept = 150 * time.Millisecond

// accepted waits until a request was accepted, or refused, which is an error. Where neither is known in time it is stored all the same.
func accepted(ctx context.Context, client *requests.Client, receipt requests.Receipt, wait time.Duration) error {
	up, pace := time.After(wait), time.NewTicker(paceAccept)
	defer pace.Stop()
	for {
		var err error
		if receipt.SetID != "" {
			_, err = client.GetSet(ctx, receipt.SetID)
		} else {
			_, err = client.Get(ctx, receipt.ReleaseID)
		}
		if _, refused := errors.AsType[*releases.RefusedError](err); refused || err == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-up:
			return nil
		case <-pace.C:
		}
	}
}

// askedRelease is a release that somebody asks for: spec is what comes of it, and named is set where its application is named.
type askedRelease struct {
	spec  release.Spec
	named *wire.Named
}

// readRelease reads what is asked for, as the receiver of its event does. Of a request by name all is told that is wrong with
// it by the document of the application.
func (a *api) readRelease(ctx context.Context, data []byte) (askedRelease, error) {
	var says map[string]json.RawMessage
	_ = json.Unmarshal(data, &says) // what is no object, the parsers refuse
	_, application := says["application"]
	if _, environment := says["environment"]; !application && !environment {
		spec, err := wire.ParseSpec(data)
		return askedRelease{spec: spec}, err
	}
	n, err := wire.ParseNamed(data)
	switch {
	case err != nil:
		return askedRelease{}, err
	case n.Triggered():
		return askedRelease{}, release.Problem{Field: "trigger", Message: "is for what follows from a push to a registry; leave it out"}
	case n.Promotes():
		return askedRelease{named: &n}, nil // what is promoted is for the starter to find out
	}
	d, err := a.apps.Get(ctx, n.Application)
	if unknown, is := errors.AsType[*documents.UnknownError](err); is {
		return askedRelease{}, release.Problem{Field: "application", Message: unknown.Error()}
	}
	if err != nil {
		return askedRelease{}, err
	}
	spec, err := d.Spec.Resolve(n)
	return askedRelease{spec: spec, named: &n}, err
}
