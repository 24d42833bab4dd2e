package wire_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"slipway/release"
	"slipway/wire"
)

// A request is one CloudEvent on the subject of its application.
func ExampleEncodeRequest() {
	spec := release.Spec{
		App:      release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"},
		Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"},
	}
	msg, err := wire.EncodeRequest(wire.Origin{Source: "https://ci.example/shop", ID: "build-42"}, spec)
	fmt.Println(msg.Subject, err)
	read, err := wire.DecodeRequest(msg)
	fmt.Println(read.Spec.Artifact, read.Spec.Strategy.Type, err)
	// Output:
	// slipway.request.sae.shop <nil>
	// registry.example/shop:1.4.2 all <nil>
}

// What can never be taken is poison: the error names what is wrong, and becomes a dead letter.
func ExampleDecodeRequest() {
	msg := &nats.Msg{Subject: "slipway.request.sae.shop", Data: []byte(`{"specversion":"1.0","type":"dev.slipway.release.requested.v1","source":"ci","id":"1",
		"data":{"app":{"platform":"sae","region":"cn-hangzhou","id":"shop"},"artefact":{"image":"shop:1"}}}`)}
	_, err := wire.DecodeRequest(msg)
	var poison *wire.PoisonError
	fmt.Println(errors.As(err, &poison), poison.Field)
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 7}, poison)
	fmt.Println(letter.Subject, letter.Header.Get(wire.HeaderStreamSequence))
	// Output:
	// true artefact,artifact
	// slipway.deadletter.slipway.request.sae.shop 7
}

// Secrets are cut out of a dead letter, which says so.
func ExampleDeadLetter() {
	msg := &nats.Msg{Subject: "slipway.request.sae.shop", Data: []byte(`get https://me:hunter2@packages.example/shop.jar`)}
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 7}, &wire.PoisonError{Reason: "it is no event"})
	fmt.Println(string(letter.Data))
	fmt.Println(letter.Header.Get(wire.HeaderRedacted))
	// Output:
	// get https://***@packages.example/shop.jar
	// data
}

func ExampleEncodeCommand() {
	msg, err := wire.EncodeCommand(wire.Origin{Source: "chat", ID: "9"}, "r-abcdefghijklmnop", release.Command{
		Kind: release.CommandConfirm, Batch: 1, By: "ann", Note: "orders look right",
	})
	fmt.Println(msg.Subject, err)
	_, c, err := wire.DecodeCommand(msg)
	fmt.Println(c.Kind, c.Batch, c.By, c.Via, c.Source, err)
	// Output:
	// slipway.command.r-abcdefghijklmnop <nil>
	// confirm 1 ann event chat <nil>
}

// Every problem of a spec is told, by its path.
func ExampleParseSpec() {
	_, err := wire.ParseSpec([]byte(`{"app":{"platform":"sae","region":"cn-hangzhou","id":"shop"},"artifact":{"image":7},"strategy":{"typ":"gray"}}`))
	for line := range strings.Lines(err.Error()) {
		fmt.Println(strings.SplitN(line, ":", 2)[0])
	}
	// Output:
	// artifact.image
	// strategy.typ
}
