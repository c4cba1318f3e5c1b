using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Vmm.Consoles;
using Vmm.Firmware;
using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Bench.Exits;

/// <summary>
/// The yardstick: a C program, built here and now, that runs the same guest over the raw ioctls. Its guest's memory and
/// registers are those of ours, by way of its standard input.
/// </summary>
internal sealed unsafe class CExits : IExitSubject, IDisposable
{
    private const string Source = "exits.c";
    private const int MostBytes = ExitsLayout.MostSamples * sizeof(ulong) + 256;

    private static readonly TimeSpan s_patienceWithCompiler = TimeSpan.FromMinutes(1);

    // Held open and without a name: whatever ends this process leaves nothing behind.
    private readonly SafeFd _program;
    private readonly Dictionary<string, SafeFd> _guests = [];
    private readonly HostPlacement _placement;
    private readonly TimeSpan _patience;

    /// <summary>Builds it.</summary>
    /// <param name="compiler">gcc's path.</param>
    /// <param name="placement">Which processors it uses.</param>
    /// <param name="patience">How long a batch may take.</param>
    /// <exception cref="VmmException">It does not compile, or a signal gave it up.</exception>
    public CExits(string compiler, HostPlacement placement, TimeSpan patience)
    {
        (_placement, _patience) = (placement, patience);
        int ended = 0;
        using CancellationTokenSource givenUp = new();
        using EndSignals signals = new((context, number) =>
        {
            context.Cancel = true;
            _ = Interlocked.CompareExchange(ref ended, number, 0);
            givenUp.Cancel();
        });
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-bench-");
        try
        {
            string source = Path.Combine(folder.FullName, Source);
            string program = Path.Combine(folder.FullName, "exits");
            using (Stream text = typeof(CExits).Assembly.GetManifestResourceStream(Source)!)
            using (FileStream file = File.Create(source))
                text.CopyTo(file);
            // Without PATH, it is told where the assembler and the linker are: beside it. What it makes on the way is made in the folder, too.
            byte[] words = Output(compiler, s_patienceWithCompiler, null, givenUp.Token,
                "-O2", "-pthread", "-save-temps=obj", "-fno-use-linker-plugin", $"-B{Path.GetDirectoryName(compiler)}/", "-o", program, source);
            if (Volatile.Read(ref ended) is int signal and not 0)
                throw new VmmException("given up while the C program was built; nothing was measured", ExitCodes.Signalled(signal));
            if (!File.Exists(program))
                throw new VmmException($"{compiler} cannot build the C program: {FirstError(Encoding.UTF8.GetString(words))}");
            _program = SafeFd.Own(Linux.open(program, Linux.O_RDONLY | Linux.O_CLOEXEC, 0), "open of the C program");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Where gcc is; null when it is nowhere in PATH.</summary>
    public static string? FindCompiler() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "gcc")).FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public Batch Run(ExitRow row, BatchSize size)
    {
        if (row.Vcpus > 1 && !_placement.HasTwo)
            return Batch.Without("needs two processors of the host");
        try
        {
            if (!_guests.TryGetValue(row.Name, out SafeFd? guest))
                _guests.Add(row.Name, guest = WriteGuest(row, size));
            return Parse(Output($"/proc/self/fd/{_program.Number}", _patience, guest, CancellationToken.None, Arguments(row, size)), size.TurnsOf(row), row, _patience);
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            return Batch.Without(refused.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        foreach (SafeFd guest in _guests.Values)
            guest.Dispose();
    }

    /// <summary>Reads what the program answered.</summary>
    /// <param name="answer">All of it; nothing when its time was over.</param>
    /// <param name="turns">How many samples there must be.</param>
    /// <param name="row">The row.</param>
    /// <param name="patience">How long it had.</param>
    public static Batch Parse(ReadOnlySpan<byte> answer, int turns, ExitRow row, TimeSpan patience)
    {
        int end = answer.IndexOf((byte)'\n');
        if (end < 0)
            return Batch.Without(EndText.Late(patience));
        string[] words = Encoding.UTF8.GetString(answer[..end]).Split(' ', 2);
        if (words is not ["ok", string figures])
            return Batch.Without(words.Length > 1 ? words[1] : "the C program's answer cannot be read");
        string[] numbers = figures.Split(' ');
        ReadOnlySpan<byte> samples = answer[(end + 1)..];
        if (samples.Length != turns * sizeof(ulong) || numbers.Length != 2)
            return Batch.Without($"the C program gave {samples.Length / sizeof(ulong)} of {turns} samples");
        if (row.LeavesTo == LeavesTo.User && long.Parse(numbers[1], CultureInfo.InvariantCulture) < turns)
            return Batch.Without($"only {numbers[1]} of {turns} accesses left the kernel");
        return new Batch(MemoryMarshal.Cast<byte, ulong>(samples).ToArray(), double.Parse(numbers[0], CultureInfo.InvariantCulture) / turns, null);
    }

    private static string FirstError(string words) =>
        words.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? $"it neither made it nor said why within {s_patienceWithCompiler.TotalSeconds:0} s";

    private string[] Arguments(ExitRow row, BatchSize size)
    {
        List<string> words =
        [
            "/dev/stdin", Text(size.TurnsOf(row)), Text(size.WarmUpOf(row)), Text(row.Vcpus), Text(_placement.Vcpu), Text(_placement.Others),
            Text((long)(size.PagesOf(row) * row.PageSize)), row.Doorbell == DoorbellKind.None ? "0" : Text((long)row.Argument),
        ];
        void When(bool condition, string word)
        {
            if (condition)
                words.Add(word);
        }
        When(row.Access is null, "floor");
        When(row.Pages == PageKind.Huge, "huge");
        When(row.Pages == PageKind.Served, "served");
        When(row.Pages == PageKind.Logged, "logged");
        When(row.HasUserMsrs, "msrs");
        When(row.Doorbell == DoorbellKind.Port, "port");
        When(row.Wake == WakeKind.IrqFd, "irqfd");
        When(row.Wake == WakeKind.Msi, "msi");
        When(row.Wake == WakeKind.Echo, "echo");
        return [.. words];

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Builds the machine as ours is built, and writes down what its guest begins with.</summary>
    private SafeFd WriteGuest(ExitRow row, BatchSize size)
    {
        using ExitMachine machine = new(row, size, _placement, counts: true);
        using MemoryStream parts = new();
        kvm_regs registers = machine.Vcpus[0].GetRegisters();
        kvm_sregs special = machine.Vcpus[0].GetSpecialRegisters();
        Put(parts, new ReadOnlySpan<byte>(&registers, sizeof(kvm_regs)));
        Put(parts, new ReadOnlySpan<byte>(&special, sizeof(kvm_sregs)));
        kvm_cpuid_entry2[] entries = machine.Vcpus[0].GetCpuid();
        kvm_cpuid2 header = new() { nent = (uint)entries.Length };
        Put(parts, [.. new ReadOnlySpan<byte>(&header, sizeof(kvm_cpuid2)), .. MemoryMarshal.AsBytes(entries.AsSpan())]);
        Put(parts, machine.Image);
        SafeFd file = SafeFd.Own(Linux.memfd_create("exits-guest", Linux.MFD_CLOEXEC), "memfd_create");
        fixed (byte* start = parts.GetBuffer())
        {
            if (Linux.write(file.Number, start, (nuint)parts.Length) != parts.Length)
                throw HostException.Last("write of the guest");
        }
        return file;
    }

    private static void Put(MemoryStream file, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
        file.Write(length);
        file.Write(part);
    }

    /// <summary>Runs a program and takes what it writes, errors too; nothing when it takes too long.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="input">Its standard input; null for nothing.</param>
    /// <param name="giveUp">Ends it early.</param>
    /// <param name="arguments">Without its name.</param>
    private static byte[] Output(string program, TimeSpan patience, SafeFd? input, CancellationToken giveUp, params string[] arguments)
    {
        int* ends = stackalloc int[2];
        if (Linux.pipe2(ends, Linux.O_CLOEXEC) < 0)
            throw HostException.Last("pipe2");
        using SafeFd output = new(ends[0]);
        using SafeFd writing = new(ends[1]);
        using SafeFd nothing = SafeFd.Own(Linux.open("/dev/null", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open of /dev/null");
        ChildProcess child = ChildProcess.Start(program, [program, .. arguments], input ?? nothing, writing, writing);
        writing.Dispose();
        byte[] bytes;
        using (giveUp.Register(child.KillSession))
            bytes = ReadToEnd(output, patience);
        child.End();
        return bytes;
    }

    private static byte[] ReadToEnd(SafeFd output, TimeSpan patience)
    {
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        byte[] bytes = new byte[MostBytes];
        int length = 0;
        fixed (byte* start = bytes)
        {
            while (length < bytes.Length)
            {
                long left = Math.Max(0, deadline - Environment.TickCount64);
                Linux.pollfd one = new() { fd = output.Number, events = Linux.POLLIN };
                Linux.timespec wait = new() { tv_sec = left / 1000, tv_nsec = left % 1000 * 1_000_000 };
                int ready = Linux.ppoll(&one, 1, &wait, null);
                if (ready == 0)
                    return [];
                nint count = ready < 0 ? -1 : Linux.read(output.Number, start + length, (nuint)(bytes.Length - length));
                if (count < 0 && Linux.Interrupted)
                    continue;
                if (count <= 0)
                    break;
                length += (int)count;
            }
        }
        return bytes[..length];
    }
}
