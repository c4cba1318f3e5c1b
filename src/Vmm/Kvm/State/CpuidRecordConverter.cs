using System.Text.Json;

namespace Vmm.Kvm.State;

/// <summary>A <see cref="CpuidRecord"/> as JSON.</summary>
internal sealed class CpuidRecordConverter() : HexFieldsConverter<CpuidRecord>(
    [
        JsonEncodedText.Encode("function"), JsonEncodedText.Encode("index"), JsonEncodedText.Encode("flags"),
        JsonEncodedText.Encode("eax"), JsonEncodedText.Encode("ebx"), JsonEncodedText.Encode("ecx"), JsonEncodedText.Encode("edx"),
    ],
    values => new(values[0], values[1], values[2], values[3], values[4], values[5], values[6]),
    (entry, values) => (values[0], values[1], values[2], values[3], values[4], values[5], values[6]) =
        (entry.Function, entry.Index, entry.Flags, entry.Eax, entry.Ebx, entry.Ecx, entry.Edx));
