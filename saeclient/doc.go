// Package saeclient is a client of the Alibaba Cloud SAE (Serverless App Engine) API, version 2019-05-06: all 79 operations
// of the SAE API reference, typed, signed by the official SDK core, with errors that say what to do about them.
package saeclient
