using Vmm.Host;
using Vmm.Kvm;

namespace Vmm.Bench.Exits;

/// <summary>Measures every row: ours and C in turn, a new machine for each batch.</summary>
internal sealed class ExitsBench : IDisposable
{
    private readonly HostPlacement _placement = HostPlacement.Choose();
    private readonly BatchSize _size;
    private readonly OurExits _ours;
    private readonly OurExits _uncounted;
    private readonly CExits? _c;
    private readonly string _compiler;
    private readonly long _tscKhz;

    /// <summary>Builds the C program, if there is a compiler.</summary>
    /// <param name="size">How much is measured.</param>
    /// <param name="patience">How long a batch may take.</param>
    /// <exception cref="VmmException">The host has no KVM.</exception>
    public ExitsBench(BatchSize size, TimeSpan patience)
    {
        _size = size;
        _ours = new OurExits(_placement, patience);
        _uncounted = new OurExits(_placement, patience, counts: false);
        _tscKhz = ReadTscKhz();
        _compiler = CExits.FindCompiler() ?? "no gcc in PATH: the C column is empty";
        if (!Path.IsPathRooted(_compiler))
            return;
        try
        {
            _c = new CExits(_compiler, _placement, patience);
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            _compiler = $"the C column is empty: {refused.Message}";
        }
    }

    /// <summary>Measures.</summary>
    /// <param name="rows">Which rows.</param>
    /// <param name="progress">Told the name of each row that begins.</param>
    public ExitsReport Run(IReadOnlyList<ExitRow> rows, Action<string> progress)
    {
        IReadOnlyList<int> before = HostProcessors.Allowed();
        // Threads that are started from here on are kept there, too; vCPUs go their own way.
        HostProcessors.KeepThisThreadOn([_placement.Others]);
        try
        {
            List<ExitResult> results = [];
            foreach (ExitRow row in rows)
            {
                progress(row.Name);
                results.Add(Measure(row));
            }
            return new() { Host = new HostReader().Read(_placement, _size, _tscKhz, _compiler), Rows = results };
        }
        finally
        {
            HostProcessors.KeepThisThreadOn(before);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _c?.Dispose();

    private static long ReadTscKhz()
    {
        using KvmSystem kvm = KvmSystem.Open();
        using KvmVm vm = kvm.CreateVm();
        using KvmVcpu vcpu = vm.CreateVcpu(0, 0);
        uint khz = vcpu.GetTscKhz();
        return khz > 0 ? khz : throw new VmmException("KVM does not tell the frequency of the TSC (KVM_GET_TSC_KHZ): cycles cannot be made nanoseconds");
    }

    private ExitResult Measure(ExitRow row)
    {
        Series ours = new(_ours);
        Series? c = _c is null ? null : new(_c);
        Series? uncounted = row.IsMeasuredUncounted ? new(_uncounted) : null;
        Series[] all = [.. new[] { ours, c, uncounted }.OfType<Series>()];
        for (int batch = 0; batch < _size.Batches; batch++)
        {
            // Whoever goes first in a round goes last in the next: a drift of the machine hits them alike.
            foreach (Series series in batch % 2 == 0 ? all : all.Reverse())
                series.Run(row, _size);
        }
        return ResultOf(row, ours, c, uncounted);
    }

    private ExitResult ResultOf(ExitRow row, Series ours, Series? c, Series? uncounted)
    {
        ExitFigures? own = ours.Figures(_tscKhz, row.LessNs);
        ExitFigures? theirs = c?.Figures(_tscKhz, row.LessNs);
        ExitFigures? without = uncounted?.Figures(_tscKhz, row.LessNs);
        Interval? ratio = own is null || theirs is null ? null : Interval.OfPairs(own.MediansNs!, theirs.MediansNs!);
        Interval? accounting = own is null || without is null ? null : Interval.OfPairs(own.MediansNs!, without.MediansNs!);
        ExitFigures shown = own ?? new();
        return new()
        {
            Name = row.Name,
            What = row.What,
            LeavesTo = row.LeavesTo.ToString().ToLowerInvariant(),
            Samples = shown.Samples,
            MinNs = shown.MinNs,
            P50Ns = shown.P50Ns,
            P90Ns = shown.P90Ns,
            P99Ns = shown.P99Ns,
            P999Ns = shown.P999Ns,
            MaxNs = shown.MaxNs,
            MinCycles = shown.MinCycles,
            P50Cycles = shown.P50Cycles,
            P90Cycles = shown.P90Cycles,
            P99Cycles = shown.P99Cycles,
            P999Cycles = shown.P999Cycles,
            MaxCycles = shown.MaxCycles,
            OutsideNs = shown.OutsideNs,
            MediansNs = shown.MediansNs,
            Histogram = shown.Histogram,
            Reason = ours.Reason,
            C = theirs,
            CReason = c?.Reason,
            Ratio = Round(ratio?.Value),
            RatioLow = Round(ratio?.Low),
            RatioHigh = Round(ratio?.High),
            AccountingRatio = Round(accounting?.Value),
            AccountingLow = Round(accounting?.Low),
            AccountingHigh = Round(accounting?.High),
        };
    }

    private static double? Round(double? ratio) => ratio is { } value ? Math.Round(value, 4) : null;

    /// <summary>The batches of one program, until one gives nothing: then none is asked for any more, and none counts.</summary>
    private sealed class Series(IExitSubject subject)
    {
        private readonly List<Batch> _batches = [];

        public string? Reason { get; private set; }

        public void Run(ExitRow row, BatchSize size)
        {
            if (Reason is not null)
                return;
            Batch batch = subject.Run(row, size);
            Reason = batch.Reason;
            _batches.Add(batch);
        }

        public ExitFigures? Figures(long tscKhz, uint lessNs) => Reason is null ? Samples.Describe(_batches, tscKhz, lessNs) : null;
    }
}
