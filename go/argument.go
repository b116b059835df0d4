package redlatch

import (
	"encoding"
	"fmt"
	"strconv"
	"time"
	"unsafe"
)

// argument is the text of a value. It shares the bytes of a []byte, which the caller must leave
// alone until the command returns.
func argument(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case []byte:
		return unsafe.String(unsafe.SliceData(value), len(value)), nil
	case nil:
		return "", nil
	case int:
		return strconv.Itoa(value), nil
	case int8:
		return strconv.FormatInt(int64(value), 10), nil
	case int16:
		return strconv.FormatInt(int64(value), 10), nil
	case int32:
		return strconv.FormatInt(int64(value), 10), nil
	case int64:
		return strconv.FormatInt(value, 10), nil
	case uint:
		return strconv.FormatUint(uint64(value), 10), nil
	case uint8:
		return strconv.FormatUint(uint64(value), 10), nil
	case uint16:
		return strconv.FormatUint(uint64(value), 10), nil
	case uint32:
		return strconv.FormatUint(uint64(value), 10), nil
	case uint64:
		return strconv.FormatUint(value, 10), nil
	case float32:
		return strconv.FormatFloat(float64(value), 'f', -1, 64), nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	case bool:
		if value {
			return "1", nil
		}
		return "0", nil
	case time.Time:
		return value.Format(time.RFC3339Nano), nil
	case time.Duration:
		return strconv.FormatInt(value.Nanoseconds(), 10), nil
	case encoding.BinaryMarshaler:
		bytes, err := value.MarshalBinary()
		if err != nil {
			return "", newError(clientMisuse, err.Error())
		}
		return unsafe.String(unsafe.SliceData(bytes), len(bytes)), nil
	case fmt.Stringer:
		return value.String(), nil
	}
	return "", newError(clientMisuse, fmt.Sprintf("an argument of type %T cannot be sent; implement encoding.BinaryMarshaler", value))
}
