package servicestage

import (
	"crypto/sha256"
	"encoding/base32"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"slipway/release"
)

// The version of a release carries its identity: 80 bits as four numbers of 20 bits.
const (
	numbersOfVersion = 4
	bitsOfNumber     = 20
	bytesOfIdentity  = numbersOfVersion * bitsOfNumber / 8
)

// versionOf is the version that the change with a token brings.
func versionOf(token string) string {
	bits := identity(token)
	n := new(big.Int).SetBytes(bits[:])
	mask := big.NewInt(1<<bitsOfNumber - 1)
	numbers := make([]string, numbersOfVersion)
	for i := numbersOfVersion - 1; i >= 0; i-- {
		numbers[i] = new(big.Int).And(n, mask).String()
		n.Rsh(n, bitsOfNumber)
	}
	return strings.Join(numbers, ".")
}

// identity are the bits of a release ID in a token, or else bits that are derived from the token.
func identity(token string) (bits [bytesOfIdentity]byte) {
	if of := regexp.MustCompile(`^slipway:r-([a-z2-7]{16}):rollout$`).FindStringSubmatch(token); of != nil {
		if _, err := base32.StdEncoding.Decode(bits[:], []byte(strings.ToUpper(of[1]))); err == nil {
			return bits
		}
	}
	sum := sha256.Sum256([]byte(token))
	copy(bits[:], sum[:])
	return bits
}

// tokenOf is the token of the release whose version this would be; empty where it is none.
func tokenOf(version string) string {
	numbers := strings.Split(version, ".")
	if len(numbers) != numbersOfVersion {
		return ""
	}
	n := new(big.Int)
	for _, text := range numbers {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number < 0 || number >= 1<<bitsOfNumber || strconv.FormatInt(number, 10) != text {
			return ""
		}
		n.Lsh(n, bitsOfNumber)
		n.Or(n, big.NewInt(number))
	}
	var bits [bytesOfIdentity]byte
	n.FillBytes(bits[:])
	return release.Token("r-"+strings.ToLower(base32.StdEncoding.EncodeToString(bits[:])), string(release.StepRollout))
}

// platformName is the name of the platform.
const platformName = release.Platform("servicestage")
