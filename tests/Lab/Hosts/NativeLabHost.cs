using System.Diagnostics;
using Vmm.Lab.Cache;
using Vmm.Lab.Channel;

namespace Vmm.Lab.Hosts;

/// <summary>This host itself: its KVM runs stock kernels. The same agent serves its sessions, so both lanes behave alike.</summary>
internal sealed class NativeLabHost(string agent) : ILabHost
{
    public string Kind => "native";

    public string WorkFolder => LabPaths.Work;

    public Task<LabSession> StartAsync(LabCommand command)
    {
        var process = Process.Start(new ProcessStartInfo(agent, "session")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,                // else .NET meddles with the terminal's settings
            WorkingDirectory = "/",
        })!;
        return LabSession.StartAsync(AgentConnection.ToProcess(process), command);
    }
}
