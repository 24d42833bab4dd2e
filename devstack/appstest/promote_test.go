package appstest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
)

// past is a release that has Succeeded with an image of an application, so long before.
type past struct {
	app, image string
	before     time.Duration
	operation  release.Operation
}

// ended has the ledger know of a release.
func (c *commandLine) ended(id string, p past) {
	c.t.Helper()
	require.NoError(c.t, c.known.Update(c.t.Context(), ledger.Report{Transition: 1, Progress: release.Progress{
		ReleaseID: id, App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: p.app}, Operation: p.operation, Artifact: release.Artifact{Image: p.image},
		Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded, EndedAt: time.Now().Add(-p.before).UTC(), RequestedBy: "ann",
	}}))
}

const promotes = "  promotion:\n    - {from: staging, to: production, after: 1h}\n"

func TestCommand_WhatHasBakedIsPromoted(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	c.run(0, "app", "apply", "-f", c.file(head+staging+production))
	_, talk := c.run(2, "promote", "shop")
	require.Contains(t, talk, "application shop promotes nothing; say from which environment to which under promotion")
	out, _ := c.run(0, "app", "diff", "-f", c.file(head+staging+production+promotes))
	require.Contains(t, out, "promotion")
	c.run(0, "app", "apply", "-f", c.file(head+staging+production+promotes))
	_, talk = c.run(7, "promote", "shop")
	require.Contains(t, talk, "no release has brought anything to staging yet")

	c.ended("r-one", past{"a", "registry.example/shop:1", 10 * time.Minute, release.OperationRelease})
	_, talk = c.run(7, "promote", "shop")
	require.Contains(t, talk, "it bakes in staging until ")
	require.Contains(t, talk, "--now REASON")
	out, _ = c.run(0, "promote", "shop", "--now", "orders are lost", "--dry-run")
	require.Contains(t, out, `"now": "orders are lost"`)
	out, _ = c.run(0, "app", "status", "shop")
	require.Regexp(t, `shop/staging +registry.example/shop:1 `, out)
	require.Contains(t, out, "no release yet")

	_, talk = c.run(2, "promote", "shop", "--from", "production")
	require.Contains(t, talk, "there are: --from staging --to production")
	_, talk = c.run(2, "promote", "shop/production", "--to", "production")
	require.Contains(t, talk, "leave one of them out")
	_, talk = c.run(2, "promote", "sae/cn-hangzhou/a")
	require.Contains(t, talk, "is not the name of an application")
}

func TestCommand_StatusAndDifferenceOfEnvironments(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	c.run(0, "app", "apply", "-f", c.file(head+staging+production+promotes))
	c.ended("r-one", past{"a", "registry.example/shop:1", 3 * time.Hour, release.OperationRelease})
	c.ended("r-two", past{"a", "registry.example/shop:2", 2 * time.Hour, release.OperationRelease})
	c.ended("r-p", past{"b", "registry.example/shop:1", time.Hour, release.OperationRelease})
	out, _ := c.run(0, "app", "status", "shop")
	require.Regexp(t, `shop/production +registry.example/shop:1 .*r-p`, out)
	require.Regexp(t, `(?s)registry.example/shop:2 of +staging.* is ready: .*slipway +promote +shop/production`, out)
	out, _ = c.run(0, "app", "status", "shop", "-o", "json")
	require.Contains(t, out, `"state": "ready"`)

	out, _ = c.run(0, "diff", "shop", "staging", "production")
	require.Regexp(t, `FIELD +STAGING +PRODUCTION`, out)
	require.Regexp(t, `runs.artifact +registry.example/shop:2 +registry.example/shop:1`, out)
	require.Regexp(t, `release.limits.confirm +8h`, out)
	require.Regexp(t, `locked +\["freeze.override"\]`, out)
	_, talk := c.run(0, "diff", "shop", "staging", "staging")
	require.Contains(t, talk, "nothing in which they differ")
	_, talk = c.run(2, "diff", "shop", "staging", "prod")
	require.Contains(t, talk, "did you mean production?")

	// The request is published, and published again is the same release.
	first, _ := c.run(0, "promote", "shop", "--reason", "it has baked")
	again, _ := c.run(0, "promote", "shop", "--by", "li")
	require.Equal(t, first, again)
	require.Equal(t, release.PromotionID("shop", "production", "r-two")+"\n", first)

	c.ended("r-back", past{"a", "registry.example/shop:1", time.Minute, release.OperationRollback})
	_, talk = c.run(7, "promote", "shop")
	require.Contains(t, talk, "release r-back has rolled it back")
	out, _ = c.run(0, "app", "status", "shop")
	require.Regexp(t, `(?s)is held: .*r-back`, out)
}
