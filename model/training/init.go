package training

import (
	"errors"
	"strconv"
	"strings"
)

// InitGlorot is the text of the usual first weights, see New.
const InitGlorot = "glorot"

// ParseInit returns the Config.InitNormal that a text stands for: "glorot", or "normal:" and
// a standard deviation above 0.
func ParseInit(text string) (deviation float64, err error) {
	if text == InitGlorot {
		return 0, nil
	}
	number, ok := strings.CutPrefix(text, "normal:")
	if deviation, err = strconv.ParseFloat(number, 64); !ok || err != nil || !(deviation > 0 && deviation <= 100) {
		return 0, errors.New("want glorot, or normal:0.05 with any standard deviation above 0 and up to 100")
	}
	return deviation, nil
}

// InitText is the reverse of ParseInit.
func InitText(deviation float64) string {
	if deviation == 0 {
		return InitGlorot
	}
	return "normal:" + strconv.FormatFloat(deviation, 'g', -1, 64)
}
