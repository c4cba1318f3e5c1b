namespace Vmm.Machine.Config;

/// <summary>A MAC address as <c>"02:00:00:12:34:56"</c>.</summary>
internal sealed class MacAddressConverter() : ScalarConverter<MacAddress>(MacAddress.Parse, "a MAC address, such as \"02:00:00:12:34:56\"");
