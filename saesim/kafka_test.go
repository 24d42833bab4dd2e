package saesim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKafka_TheFourParametersOfTheReference are read back as the one setting of today's service.
func TestKafka_TheFourParametersOfTheReference(t *testing.T) {
	t.Parallel()
	const logs = `[{"logType":"stdout","logDir":"","kafkaTopic":"t"}]`
	h := newHarness(t)
	h.app = h.must(t, opCreate, "AppName", "shop", "PackageType", packageImage, "ImageUrl", "i:1", "Replicas", "1",
		paramKafkaOn, "true", paramKafkaEndpoint, "k:9092", paramKafkaInstance, "i", paramKafkaLogs, logs)["AppId"].(string)
	h.settle(t)
	read := func() string { return h.must(t, opConfig)[paramKafka].(string) }
	require.JSONEq(t, `{"kafkaEndpoint":"k:9092","kafkaInstanceId":"i","kafkaConfigs":`+logs+`}`, read())
	h.deploy(t, "2", single)
	h.settle(t)
	require.JSONEq(t, `{"kafkaEndpoint":"k:9092","kafkaInstanceId":"i","kafkaConfigs":`+logs+`}`, read(), "what is not sent stays")
	h.deploy(t, "3", single, paramKafkaEndpoint, "other:9092")
	h.settle(t)
	require.JSONEq(t, `{"kafkaEndpoint":"other:9092","kafkaInstanceId":"i","kafkaConfigs":`+logs+`}`, read())
	h.writeBack(t)
	const whole = `{"kafkaEndpoint":"new:9092","kafkaInstanceId":"j","kafkaConfigs":[]}`
	h.deploy(t, "4", single, paramKafkaOn, "true", paramKafka, whole)
	h.settle(t)
	require.JSONEq(t, whole, read())
	for _, parameters := range [][]string{
		{paramKafkaEndpoint, "k", paramKafka, whole},
		{paramKafkaOn, "false", paramKafkaEndpoint, "k"},
		{paramKafkaOn, "false", paramKafka, whole},
	} {
		require.Equal(t, codeWithMessage, h.refused(t, opDeploy, parameters...), parameters)
	}
	h.deploy(t, "5", single, paramKafkaOn, "false", paramKafkaEndpoint, "", paramKafkaLogs, "")
	h.settle(t)
	require.NotContains(t, h.must(t, opConfig), paramKafka)
	require.Equal(t, codeNotEmpty, h.refused(t, opDeploy, paramKafkaOn, "true"))
	require.Equal(t, codeNotEmpty, h.refused(t, opDeploy, paramKafkaEndpoint, "k:9092"))
	h.deploy(t, "6", single, paramKafkaOn, "false")
	h.settle(t)
}
