using System.Text.Json;

namespace Vmm.Kvm.State;

/// <summary>A <see cref="NumberedRegister"/> as JSON.</summary>
internal sealed class NumberedRegisterConverter() : HexFieldsConverter<NumberedRegister>(
    [JsonEncodedText.Encode("index"), JsonEncodedText.Encode("value")],
    values => new(values[0], values[1]),
    (register, values) => (values[0], values[1]) = (register.Index, register.Value));
