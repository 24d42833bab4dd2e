package saesim

import (
	"cmp"
	"encoding/json"
)

const (
	paramKafka         = "KafkaConfigs"
	paramKafkaOn       = "OpenCollectToKafka"
	paramKafkaEndpoint = "KafkaEndpoint"
	paramKafkaInstance = "KafkaInstanceId"
	paramKafkaLogs     = "KafkaLogfileConfig"
)

// kafkaSettings is which logs go where, as KafkaConfigs has it.
type kafkaSettings struct {
	Endpoint   string          `json:"kafkaEndpoint,omitempty"`
	InstanceID string          `json:"kafkaInstanceId,omitempty"`
	Logs       json.RawMessage `json:"kafkaConfigs,omitempty"`
}

// readKafka makes one setting of the four that the reference has for logs in Kafka. Answers,
// and today's requests, have KafkaConfigs in their place.
func (c *call) readKafka(config map[string]string) *apiError {
	on, whole := c.arg(paramKafkaOn), c.arg(paramKafka)
	sent := kafkaSettings{Endpoint: c.arg(paramKafkaEndpoint), InstanceID: c.arg(paramKafkaInstance), Logs: json.RawMessage(c.arg(paramKafkaLogs))}
	parts := cmp.Or(sent.Endpoint, sent.InstanceID, string(sent.Logs)) != ""
	for _, name := range []string{paramKafkaOn, paramKafkaEndpoint, paramKafkaInstance, paramKafkaLogs} {
		delete(config, name)
	}
	switch {
	case parts && whole != "":
		return invalidParameter(paramKafka, "it takes the place of the other parameters for Kafka")
	case on == "false" && (parts || whole != ""):
		return invalidParameter(paramKafkaOn, "the other parameters for Kafka must be empty when it is false")
	case on == "false":
		delete(config, paramKafka)
	case on == "true" && !parts && config[paramKafka] == "":
		return missingParameter(paramKafkaEndpoint)
	case parts && on == "" && config[paramKafka] == "":
		return missingParameter(paramKafkaOn)
	case parts:
		return sent.into(config)
	}
	return nil
}

// into sets what was sent beside what a configuration has.
func (k kafkaSettings) into(config map[string]string) *apiError {
	var before kafkaSettings
	_ = json.Unmarshal([]byte(config[paramKafka]), &before) // of another form: replaced as a whole
	k.Endpoint, k.InstanceID = cmp.Or(k.Endpoint, before.Endpoint), cmp.Or(k.InstanceID, before.InstanceID)
	if len(k.Logs) == 0 {
		k.Logs = before.Logs
	}
	text, err := json.Marshal(k)
	if err != nil {
		return invalidParameter(paramKafkaLogs, "it is no JSON")
	}
	config[paramKafka] = string(text)
	return nil
}
