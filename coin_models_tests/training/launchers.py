"""What launchers and batch systems set for the programs they start, and values that no program can read."""

from collections.abc import Mapping

SLURM = {
    "SLURM_JOB_ID": "1",
    "SLURM_JOB_NAME": "batch",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "3",
    "SLURM_NODEID": "0",
}
TORCHRUN = {
    "RANK": "1",
    "LOCAL_RANK": "1",
    "WORLD_SIZE": "4",
    "LOCAL_WORLD_SIZE": "4",
    "GROUP_RANK": "0",
    "MASTER_ADDR": "nowhere.invalid",
    "MASTER_PORT": "1",
    "TORCHELASTIC_RUN_ID": "x",
}
KUBEFLOW = {"KUBERNETES_PORT": "tcp://10.0.0.1", "MASTER_ADDR": "a", "MASTER_PORT": "x", "WORLD_SIZE": "2", "RANK": "1"}
LAUNCHERS: Mapping[str, Mapping[str, str]] = {
    "an allocation of Slurm": SLURM,
    "torchrun": TORCHRUN,
    "Kubeflow": KUBEFLOW,
    "a rank that is no number": {"RANK": "abc", "LOCAL_RANK": "abc", "NODE_RANK": "abc"},
    "arguments of Lightning": {"PL_TRAINER_MAX_STEPS": "1", "PL_TRAINER_FAST_DEV_RUN": "1", "PL_GLOBAL_SEED": "abc"},
    "LSF and MPI": {
        "LSB_JOBID": "1",
        "LSB_DJOB_RANKFILE": "/nowhere",
        "OMPI_COMM_WORLD_RANK": "1",
        "JSM_NAMESPACE_RANK": "x",
    },
    "torch.distributed": {"TORCH_DISTRIBUTED_DEBUG": "abc"},
}
