using System.Text.Json.Serialization;

namespace Vmm.Kvm.State;

/// <summary>The JSON form of what KVM holds: generated code, no reflection. Registers are hexadecimal, as people write them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    Converters = [typeof(HexConverter), typeof(NumberedRegisterConverter), typeof(CpuidRecordConverter)])]
[JsonSerializable(typeof(VcpuRecord))]
[JsonSerializable(typeof(InterruptControllersRecord))]
[JsonSerializable(typeof(TimerRecord))]
[JsonSerializable(typeof(ClockRecord))]
[JsonSerializable(typeof(ProcessorRecord))]
internal sealed partial class KvmStateJson : JsonSerializerContext;
