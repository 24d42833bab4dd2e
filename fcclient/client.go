package fcclient

import (
	"context"
	"reflect"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Client calls the Function Compute API of one account in one region.
type Client struct{ caller clientrt.Caller }

func api() *clientrt.API { return &clientrt.API{} }

// input is implemented by every generated Input.
type input interface {
	encode(r *clientrt.Request)
}

// ruled is implemented by Inputs with rules that concern more than one value.
type ruled interface {
	rules(r *clientrt.Request)
}

// callOf is a call of an operation with an Input.
func callOf(op cloudapi.Operation, in input) clientrt.Call {
	call := clientrt.Call{Operation: op, Encode: in.encode}
	if in, ok := in.(ruled); ok && !reflect.ValueOf(in).IsNil() {
		call.Rules = in.rules
	}
	return call
}

// invoke checks and carries out an operation, and decodes its answer.
func invoke[O any](ctx context.Context, c *Client, op cloudapi.Operation, in input) (*O, error) {
	return clientrt.Invoke[O](ctx, &c.caller, callOf(op, in))
}

// validate checks an Input without sending it.
func validate(op cloudapi.Operation, in input) error { return api().Validate(callOf(op, in)) }
