"""A quick measurement of the training time per coin on this machine, for plans made before there is any history."""

import platform

from coin_models.costs.workload import Workload, measured_workload
from coin_models.errors import TrainerUnavailable
from coin_models.pipeline.warm_up import import_trainer
from coin_models.settings.training import TrainingSettings

_MOST_COINS = 8


def measure_workload(training: TrainingSettings) -> Workload | None:
    """Fits one epoch of a cohort of noise and estimates a full retrain from it; none on a machine that cannot train.

    Takes some seconds. A full retrain is the longest fit, so a plan made with it errs on the side of caution.
    """
    try:
        import_trainer(training).result()
    except TrainerUnavailable:
        return None
    from coin_models.bench.fit_speed import fit_samples_per_second
    from coin_models.bench.synthetic import synthetic_cohort
    from coin_models.training.hardware import choose_cohort_size, choose_device, choose_num_threads

    num_coins = min(choose_cohort_size(training), _MOST_COINS)
    cohort = synthetic_cohort(training.model_copy(update={"epochs": 1}), num_coins)
    rate = fit_samples_per_second(cohort)
    samples = len(cohort.coins[0].split.train_index) * training.epochs
    device, threads = choose_device(training).type, choose_num_threads(training)
    return measured_workload(
        samples / rate,
        source=f"measured just now on this machine ({device}, {threads} threads): a full retrain, {rate:,.0f} samples/s",
        measured_on=(platform.machine(),) if device == "cpu" else (),  # what a GPU is called, only costs.gpu says
    )
