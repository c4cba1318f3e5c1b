namespace Vmm.Machine.Config;

/// <summary>A forwarded port as <c>"8080:80"</c>.</summary>
internal sealed class PortForwardConverter() : ScalarConverter<PortForward>(PortForward.Parse, "a port to forward, such as \"8080:80\" or \"127.0.0.1/5353:53/udp\"");
