using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Vmm.Bench.Micro;

/// <summary>Runs the hot paths for a short while and holds each against its budget of bytes and of time against the baseline beside it.</summary>
internal static class Budgets
{
    /// <summary>A machine that does something else meanwhile spoils a run; what is really too slow is so each time.</summary>
    private const int Tries = 3;

    /// <summary>Runs all and prints a line each.</summary>
    /// <returns>0 when all are kept, else 1.</returns>
    public static int Run()
    {
        int broken = 0;
        foreach (Type suite in typeof(Budgets).Assembly.GetTypes().Where(type => type.GetMethods().Any(method => method.GetCustomAttribute<BudgetAttribute>() is not null)).OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            List<Row> best = [];
            for (int attempt = 1; attempt <= Tries; attempt++)
            {
                best = Merge(best, Measure(suite));
                if (best.TrueForAll(row => row.IsKept))
                    break;
            }
            foreach (Row row in best)
                Console.WriteLine(row);
            broken += best.Count(row => !row.IsKept);
        }
        Console.WriteLine(broken == 0 ? "budgets: all kept" : $"budgets: {broken} not kept");
        return broken == 0 ? 0 : 1;
    }

    private static List<Row> Measure(Type suite)
    {
        Job brief = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(40));
        IConfig config = ManualConfig.CreateEmpty().AddJob(brief).AddDiagnoser(MemoryDiagnoser.Default).AddColumnProvider(DefaultColumnProviders.Instance).AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.DisableLogFile);
        Summary summary = BenchmarkRunner.Run(suite, config);
        List<Row> rows = [];
        foreach (BenchmarkReport report in summary.Reports)
        {
            BenchmarkCase one = report.BenchmarkCase;
            string name = $"{suite.Name}.{one.Descriptor.WorkloadMethod.Name}{(one.HasParameters ? $"({one.Parameters.DisplayInfo})" : "")}";
            if (report.ResultStatistics is not { Median: var median })
                throw new InvalidOperationException($"{name} gave no result");
            BudgetAttribute? budget = one.Descriptor.WorkloadMethod.GetCustomAttribute<BudgetAttribute>();
            if (budget is null)
                continue;
            double yardstick = summary.Reports.First(other => other.BenchmarkCase.Descriptor.Baseline && other.BenchmarkCase.Parameters.DisplayInfo == one.Parameters.DisplayInfo).ResultStatistics!.Median;
            rows.Add(new Row(name, BytesOf(report.GcStats), budget.Bytes, median, median / yardstick, budget.Ratio));
        }
        return rows;
    }

    /// <summary>Bytes an operation. What the runtime and the measuring itself allocate now and then does not count.</summary>
    private static long BytesOf(GcStats memory)
    {
        const long others = 16 << 10;
        return memory.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: false) is { } all
            ? Math.Max(0, all - others) / Math.Max(1, memory.TotalOperations)
            : long.MaxValue;
    }

    /// <summary>The best that each came to.</summary>
    private static List<Row> Merge(List<Row> before, List<Row> now) => before.Count == 0
        ? now
        : [.. before.Zip(now, (old, fresh) => fresh with { Bytes = Math.Min(old.Bytes, fresh.Bytes), Ratio = Math.Min(old.Ratio, fresh.Ratio) })];

    private sealed record Row(string Name, long Bytes, long MostBytes, double Nanoseconds, double Ratio, double MostRatio)
    {
        public bool IsKept => Bytes <= MostBytes && Ratio <= MostRatio;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{(IsKept ? "kept" : "NOT KEPT"),-8}  {Nanoseconds,12:n1} ns  {Ratio,7:f2} of the baseline (at most {MostRatio})  {Bytes,7:n0} bytes (at most {MostBytes:n0})  {Name}");
    }
}
