package sae

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/saeclient"
)

func TestSecrets_AnAddressThatSAEShowsHasNoSecret(t *testing.T) {
	t.Parallel()
	const plain = "https://b.oss-cn-hangzhou.aliyuncs.com/shop.jar"
	require.Equal(t, plain, addressOf(plain), "one without a secret stays as it is")
	signed := plain + "?OSSAccessKeyId=LTAI5tCanary&Expires=1&Signature=s3cr3tCanary"
	shown := addressOf(signed)
	require.Regexp(t, `^https://b\.oss-cn-hangzhou\.aliyuncs\.com/shop\.jar\?sha256=[0-9a-f]{16}$`, shown)
	require.NotEqual(t, shown, addressOf(plain+"?OSSAccessKeyId=LTAI5tCanary&Expires=2&Signature=other"), "it is told apart")
	require.Equal(t, "https://host/a.jar", addressOf("https://user:canary@host/a.jar"))
	require.NotContains(t, addressOf("ht tp://user:canary@host/%zz?Signature=canary"), "canary")

	a := artifactOf("", signed, "v1")
	require.Equal(t, shown, a.Package.URL)
	require.Equal(t, "2", newestOfArtifact([]version{{ID: "1", WarURL: plain}, {ID: "2", WarURL: signed}}, a), "a version is found by it")
}

func TestSecrets_WhatSAESaysHasNoSecret(t *testing.T) {
	t.Parallel()
	const said = "cannot fetch https://b.oss/shop.jar?Signature=canary&Expires=1"
	require.NotContains(t, observation(saeclient.DescribeChangeOrderData{ErrorMessage: said}).Message, "canary")
	require.NotContains(t, unfinished([]order{{ChangeOrderID: "1", Status: saeclient.ChangeOrderRunning, Description: said}}).Description, "canary")
	require.NotContains(t, failed(errors.New(said)).Error(), "canary")
	require.NotContains(t, cloud.Refused(release.FaultInvalid, "%s", said).Error(), "canary")
	require.Contains(t, failed(errors.New(said)).Error(), "cannot fetch https://b.oss/shop.jar", "the rest stays")
}
