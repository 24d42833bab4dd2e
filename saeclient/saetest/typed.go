package saetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// TypedCaller carries out operations through the typed methods of saeclient.
type TypedCaller struct {
	client  *saeclient.Client
	answers *keeper

	mu      sync.Mutex
	decoded map[string]bool
}

// Typed makes a caller that uses a client with the given configuration.
func Typed(config saeclient.Config) (*TypedCaller, error) {
	answers := &keeper{next: config.Transport}
	if answers.next == nil {
		answers.next = &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 30 * time.Second}
	}
	config.Transport = answers
	client, err := saeclient.New(config)
	if err != nil {
		return nil, err
	}
	return &TypedCaller{client: client.Unchecked(), answers: answers, decoded: map[string]bool{}}, nil
}

// Close closes idle connections.
func (c *TypedCaller) Close() { c.client.CloseIdleConnections() }

// Decoded lists the operations whose typed method understood everything in an answer.
func (c *TypedCaller) Decoded() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sortedKeys(c.decoded)
}

// Call carries out an operation by the client's method of that name.
func (c *TypedCaller) Call(ctx context.Context, operation string, params map[string]string) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := invoke(ctx, c.client, operation, params)
	if refused, ok := errors.AsType[*cloudapi.Error](err); ok && refused.HTTPStatus != 0 && refused.Code != "" {
		return nil, &RefusedError{Status: refused.HTTPStatus, Code: refused.Code, Message: refused.Message, RequestID: refused.RequestID}
	}
	if err != nil {
		return nil, err
	}
	if len(unknown(out)) == 0 {
		c.decoded[operation] = true
	}
	return c.answers.last(), nil
}

// invoke calls the method of an operation.
func invoke(ctx context.Context, client *saeclient.Client, operation string, params map[string]string) (any, error) {
	method := reflect.ValueOf(client).MethodByName(operation)
	if !method.IsValid() {
		return nil, fmt.Errorf("the client has no method %s", operation)
	}
	in := reflect.New(method.Type().In(1).Elem())
	if err := fill(in.Interface(), operation, params); err != nil {
		return nil, err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, failed := reflect.TypeAssert[error](results[1]); failed && err != nil {
		return nil, err
	}
	return results[0].Interface(), nil
}

// fill sets the fields of an Input from texts.
func fill(in any, operation string, params map[string]string) error {
	spec, known := saeclient.LookupOperation(operation)
	if !known {
		return fmt.Errorf("no operation %s", operation)
	}
	object := make(map[string]any, len(params))
	for name, text := range params {
		param, known := spec.Param(name)
		if !known {
			return fmt.Errorf("%s has no parameter %s", operation, name)
		}
		object[name] = text
		if text != "" && (param.Kind == cloudapi.KindInteger || param.Kind == cloudapi.KindBoolean) && !isText(in, name) {
			object[name] = json.RawMessage(text)
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if err := json.Unmarshal(text, in); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// isText reports whether a parameter is text in the Input, whatever the reference calls it.
func isText(in any, name string) bool {
	for field := range reflect.TypeOf(in).Elem().Fields() {
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name {
			typ := field.Type
			if typ.Kind() == reflect.Pointer {
				typ = typ.Elem()
			}
			return typ.Kind() == reflect.String
		}
	}
	return false
}

// unknown lists the places of an Output that hold members for which the client has no field, or
// which it could not read.
func unknown(out any) []string { return unknownIn("", reflect.ValueOf(out)) }

func unknownIn(place string, v reflect.Value) []string {
	var found []string
	switch v.Kind() { //nolint:exhaustive // what answers are made of; scalars hold nothing
	case reflect.Pointer:
		if !v.IsNil() {
			return unknownIn(place, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = append(found, unknownIn(fmt.Sprintf("%s[%d]", place, i), v.Index(i))...)
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			if !field.IsExported() {
				continue
			}
			if unknown, ok := reflect.TypeAssert[cloudapi.UnknownFields](value); ok {
				for _, name := range sortedKeys(unknown) {
					found = append(found, place+"."+name)
				}
			} else {
				found = append(found, unknownIn(place+"."+field.Name, value)...)
			}
		}
	}
	return found
}

// keeper is a transport that keeps the last answer.
type keeper struct {
	next http.RoundTripper
	mu   sync.Mutex
	text []byte
}

// RoundTrip carries out a request.
func (k *keeper) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := k.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.text = text
	k.mu.Unlock()
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer, nil
}

// CloseIdleConnections closes connections that wait for reuse, if the transport can.
func (k *keeper) CloseIdleConnections() {
	if next, ok := k.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

func (k *keeper) last() json.RawMessage {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.text)
}
