package saeclient_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// BenchmarkDescribeChangeOrder measures a whole call on loopback: sign, send, read, decode.
func BenchmarkDescribeChangeOrder(b *testing.B) {
	sample, err := os.ReadFile("testdata/samples/DescribeChangeOrder.json")
	require.NoError(b, err)
	server := httptest.NewServer(answerWith(http.StatusOK, string(sample)))
	defer server.Close()
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new(testKeyID), AccessKeySecret: new(testSecret),
	})
	require.NoError(b, err)
	client, err := saeclient.New(saeclient.Config{Region: "cn-hangzhou", Endpoint: server.URL, Credential: credential})
	require.NoError(b, err)
	defer client.CloseIdleConnections()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := read(b.Context(), client); err != nil {
				b.Fatal(err)
			}
		}
	})
}
