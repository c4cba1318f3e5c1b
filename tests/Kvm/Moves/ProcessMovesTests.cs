using System.Diagnostics;
using System.Text;
using Vmm.Snapshot;
using Vmm.Tests.Kvm.Firmware;
using Vmm.Tests.Kvm.Hostile;
using Xunit;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>The program itself: a guest goes from process to process, and comes back ten times from one snapshot.</summary>
[Trait("Lab", "too-slow")]
public sealed class ProcessMovesTests : IDisposable
{
    private const int Clones = 10;
    private const int Vcpus = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-moves-");

    private readonly List<string> _names = [.. Enumerable.Range(0, Clones).Select(i => $"c{i}"), .. Enumerable.Range(0, 4).Select(i => $"m{i}")];

    public ProcessMovesTests() => KvmDevice.Require();

    public void Dispose()
    {
        foreach (string name in _names)
            Vmm("kill", name);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Guest_goes_from_process_to_process_and_ten_clones_of_it_go_on_at_once()
    {
        Check("run", "-d", "--name", "m0", "--firmware", "vigil", "--memory", "4M", "--cpus", $"{Vcpus}", "--cmdline", $"hz=50 rate=4 pages={Traveller.Pages} ticks=0");
        string[][] ways = [["tcp:127.0.0.1:0"], [$"unix:{_folder.FullName}/m", "--connections", "4"], ["tcp:127.0.0.1:0", "--compress", "zstd"]];
        ulong last = 0;
        string name = "m0";
        for (int i = 0; i < ways.Length; i++)
        {
            string next = $"m{i + 1}";
            string place = Check("receive", "-d", "--name", next, ways[i][0]).Trim();
            Check(["migrate", name, place, .. ways[i][1..]]);
            name = next;
        }
        string origin = Path.Combine(_folder.FullName, "origin");
        Check("snapshot", name, origin);
        last = TicksIn(origin);
        await Task.WhenAll(Enumerable.Range(0, Clones).Select(i => Task.Run(() =>
            Check("restore", origin, "-d", "--name", $"c{i}", "--memory", i % 3 == 0 ? "lazy" : i % 3 == 1 ? "eager" : "demand"))));
        foreach (string vm in Enumerable.Range(0, Clones).Select(i => $"c{i}").Append(name))
        {
            string path = Path.Combine(_folder.FullName, $"of-{vm}");
            Check("snapshot", vm, path);
            Assert.InRange(TicksIn(path), last, ulong.MaxValue);
        }
        Check(["snapshots", "verify", .. Directory.GetDirectories(_folder.FullName, "of-*")]);
    }

    /// <summary>Reads a snapshot through; whatever moment it is of, the guest's memory must be right.</summary>
    private static ulong TicksIn(string path)
    {
        using SnapshotChain chain = SnapshotChain.Open(new SnapshotFolder(path), verify: true);
        byte[] memory = new byte[chain.Layers.Size];
        Assert.True(chain.Layers.TryRead(0, memory));
        VigilMemory.Check(memory, Vcpus, Traveller.Pages);
        return BitConverter.ToUInt64(memory, VigilMemory.Records);
    }

    private string Check(params string[] arguments)
    {
        (int code, string output, string errors) = Vmm(arguments);
        Assert.True(code == 0, $"vmm {string.Join(' ', arguments)}: {code}: {errors}");
        return output;
    }

    private (int Code, string Output, string Errors) Vmm(params string[] arguments)
    {
        ProcessStartInfo start = new(ShellRun.Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["VMM_HOME"] = Path.Combine(_folder.FullName, "vms");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        StringBuilder errors = new();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.ToString());
    }
}
