using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Vmm.Cli.Machines;
using Vmm.GuestAgent;
using Vmm.Machine.Config;

namespace Vmm.Cli.Agent;

/// <summary>The commands of <c>vmm agent</c> that show something of the guest, and <c>raw</c>.</summary>
internal static class AgentViews
{
    /// <summary>A guest's words are cut here, and a guest's lists at a thousand lines.</summary>
    private const int LongestWord = 100;

    private const int MostRows = 1000;

    /// <summary>The commands for the parser.</summary>
    /// <param name="vm">The VM's name, which stands before them.</param>
    public static IEnumerable<Command> Create(Argument<string?> vm) =>
    [
        View(vm, "info", "Show the agent's version and what it can do", "guest-info", InfoRows),
        View(vm, "get-osinfo", "Show which system the guest runs", "guest-get-osinfo", SystemRows),
        View(vm, "interfaces", "Show the guest's network interfaces and addresses", "guest-network-get-interfaces", InterfaceRows),
        RawCommand(vm),
    ];

    private static Command View(Argument<string?> vm, string verb, string description, string command, Action<TextTable, JsonElement> rows)
    {
        Option<string?> output = VmArgument.Output();
        return AgentCommand.Verb(vm, verb, description, [output], (line, _, agent) =>
        {
            bool json = VmArgument.WantsJson(line, output);
            JsonElement answer = agent.Execute(command);
            if (json)
            {
                AgentCommand.Print(answer);
                return ExitCodes.PoweredOff;
            }
            TextTable table = new();
            rows(table, answer);
            System.Console.Out.Write(table.ToString());
            return ExitCodes.PoweredOff;
        });
    }

    private static Command RawCommand(Argument<string?> vm)
    {
        Argument<string> command = new("json") { Description = "A command of the protocol: {\"execute\":\"guest-ping\"}" };
        return AgentCommand.Verb(vm, "raw", "Send a command of the agent's protocol and show what it returns", [command], (line, _, agent) =>
        {
            (string name, string? arguments) = ParseRaw(line, line.GetValue(command)!);
            AgentCommand.Print(agent.Execute(name, arguments, AgentClient.LongestOutput));
            return ExitCodes.PoweredOff;
        }, line => ParseRaw(line, line.GetValue(command)!));
    }

    private static (string Name, string? Arguments) ParseRaw(ParseResult line, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("execute", out JsonElement name) && name.ValueKind == JsonValueKind.String)
            {
                // Written anew: whatever it looked like, it goes as one line.
                string? arguments = root.TryGetProperty("arguments", out JsonElement given) ? JsonSerializer.Serialize(given, AgentJson.Default.JsonElement) : null;
                return (name.GetString()!, arguments);
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Said below.
        }
        throw UsageException.For(line.CommandResult.Command, $"'{Printable.Escape(text, longest: 80)}' is no command: write {{\"execute\":\"NAME\",\"arguments\":{{…}}}}");
    }

    private static void InfoRows(TextTable table, JsonElement answer)
    {
        AgentMessages.Info info = AgentClient.Read(answer, AgentJson.Default.Info, "guest-info");
        table.Add("version", Word(info.Version));
        List<string> enabled = [.. (info.SupportedCommands ?? []).Where(command => command.Enabled).Take(MostRows).Select(command => Word(command.Name)).Order(StringComparer.Ordinal)];
        table.Add("commands", enabled.Count.ToString(CultureInfo.InvariantCulture));
        foreach (string command in enabled)
            table.Add("", command);
    }

    private static void SystemRows(TextTable table, JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object)
            return;
        foreach (JsonProperty field in answer.EnumerateObject().Take(MostRows))
            table.Add(Word(field.Name), Word(field.Value.ToString()));
    }

    private static void InterfaceRows(TextTable table, JsonElement answer)
    {
        IReadOnlyList<AgentMessages.NetworkInterface> all = AgentClient.Read(answer, AgentJson.Default.IReadOnlyListNetworkInterface, "guest-network-get-interfaces");
        foreach (AgentMessages.NetworkInterface card in all.Where(card => card is not null).Take(MostRows))
        {
            string name = Word(card.Name);
            table.Add(name, Word(card.HardwareAddress ?? ""), "");
            foreach (AgentMessages.NetworkAddress address in (card.IpAddresses ?? []).Where(address => address is not null).Take(MostRows))
                table.Add("", "", string.Create(CultureInfo.InvariantCulture, $"{Word(address.IpAddress)}/{address.Prefix}"));
        }
    }

    private static string Word(string? word) => Printable.Escape(word ?? "?", LongestWord);
}
