using System.Text.Json.Serialization;

namespace Vmm.Devices.State;

/// <summary>The JSON form of the devices' saved records, made when building: no reflection at run time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SerialState))]
[JsonSerializable(typeof(I8042State))]
[JsonSerializable(typeof(CmosState))]
[JsonSerializable(typeof(AcpiPowerState))]
[JsonSerializable(typeof(GenerationIdState))]
[JsonSerializable(typeof(LatchState))]
[JsonSerializable(typeof(PciConfigPortsState))]
[JsonSerializable(typeof(PciBusState))]
[JsonSerializable(typeof(VirtioState))]
[JsonSerializable(typeof(VirtioMmioState))]
[JsonSerializable(typeof(VirtioPciState))]
[JsonSerializable(typeof(BlkState))]
[JsonSerializable(typeof(NetState))]
[JsonSerializable(typeof(ConsoleState))]
[JsonSerializable(typeof(PortsState))]
[JsonSerializable(typeof(BalloonState))]
[JsonSerializable(typeof(VsockDeviceState))]
internal sealed partial class DeviceStateJson : JsonSerializerContext;
