namespace Vmm.Machine.Config;

/// <summary>A console's target as <c>"tty"</c>, <c>"off"</c> or <c>"file=PATH"</c>.</summary>
internal sealed class ConsoleTargetConverter() : ScalarConverter<ConsoleTarget>(ConsoleTarget.Parse, "\"tty\", \"off\" or \"file=PATH\"");
