// Package fcclient is a client of Alibaba Cloud Function Compute 2.0 (API 2016-08-15).
package fcclient
