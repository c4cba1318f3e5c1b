using Xunit.Sdk;
using Xunit.v3;

// The lab's one CPU is emulated: guests that ran side by side would only slow each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
